"""Installs what requirements.txt names into this environment, one by one; `make bench` runs it.

A package that does not install is no failure: it is told with its reason, and its column is left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LONGEST = 600.0  # seconds; one of them is compiled
# pip reads the second in its later versions, the first also for what it builds with in the earlier ones.
CONSTRAINTS = {name: str(HERE / "constraints.txt") for name in ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT")}


def requirements() -> list[str]:
    lines = (HERE / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def reason(log: str) -> str:
    """The last line that tells of an error; pip's own notes and hints come after it."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["pip said nothing"])[-1]


def failure(requirement: str) -> str | None:
    """Why it could not be installed, None if it is there now."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--retries", "1", requirement]
    try:
        done = subprocess.run(command, env={**os.environ, **CONSTRAINTS}, timeout=LONGEST, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired:
        return f"it took more than {LONGEST:.0f} seconds"
    return reason(done.stdout) if done.returncode else None


def main() -> None:
    for requirement in requirements():
        print(f"{requirement}: {failure(requirement) or 'installed'}", flush=True)


if __name__ == "__main__":
    main()
