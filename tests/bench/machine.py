"""What a table was measured on."""

from __future__ import annotations

import os
import platform
import shlex
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


def describe(argv: list[str]) -> str:
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return "\n".join((
        f"- command: `{shlex.join(['python', 'tests/bench/run.py', *argv])}`",
        f"- machine: {processor()}, {processors()} processors, {platform.machine()}",
        f"- system: {platform.system()} {platform.release()}",
        f"- load before the run (1, 5, 15 minutes): {load}",
    ))
