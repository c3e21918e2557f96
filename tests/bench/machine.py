"""What a table was measured on."""

from __future__ import annotations

import os
import platform
import shlex
from datetime import UTC, datetime
from pathlib import Path


def processor() -> str:
    """The name Linux gives it; elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def command(argv: list[str]) -> str:
    """What to type for the same; where a program lies on this machine is nobody else's concern."""
    words = [Path(word).name if os.path.isabs(word) else word for word in argv]
    return shlex.join(["python", "tests/bench/run.py", *words])


def facts(argv: list[str]) -> dict[str, str]:
    """What a reader must know to judge a figure, and to measure it again."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return {
        "command": f"`{command(argv)}`",
        "time": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{processor()}, {processors()} processors, {platform.machine()}",
        "system": f"{platform.system()} {platform.release()}",
        "load before the run (1, 5, 15 minutes)": load,
    }
