"""Counts the instructions of a program, which come to the same in every run, with valgrind."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

LONGEST_RUN = 120.0  # seconds; a run that takes longer hangs


def is_there() -> bool:
    return shutil.which("valgrind") is not None


def total_in(report: str) -> int:
    """What a file of callgrind's says of the whole program."""
    found = re.search(r"^totals: (\d+)$", report, re.MULTILINE)
    if not found:
        raise ValueError("callgrind counted nothing")
    return int(found.group(1))


def count(command: Sequence[str], environment: Mapping[str, str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        valgrind = ("valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={report}")
        subprocess.run((*valgrind, *command), env=environment, check=True, timeout=LONGEST_RUN,
                       stdout=subprocess.DEVNULL)
        return total_in(report.read_text())


def count_each(command: Sequence[str], environment: Mapping[str, str], n: int) -> float:
    """Instructions of one operation of `command ... <count>`: what n more of them add, so that
    start and end of the program do not count."""
    once, twice = (count((*command, str(k)), environment) for k in (n, 2 * n))
    return round((twice - once) / n, 1)
