"""Notices whether other programs used the processors while something was measured.

A waiting thread that finds its partner's processor taken measures the scheduler and
not the channel. Linux only: elsewhere nothing is ever found disturbed.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

STAT = Path("/proc/stat")
IDLE, IOWAIT, GUEST = 3, 4, 8  # the places of what is no work, or is counted twice
SHARE = 0.1  # of one processor, that others may use in a run
GRAIN = 0.03  # seconds by which the kernel's count of ticks can be off
LONGEST_WAIT = 60.0


def busy_seconds() -> float:
    """What all processors have done since the machine started, stolen time included."""
    if not STAT.exists():
        return 0.0
    ticks = [int(field) for field in STAT.read_text().split("\n", 1)[0].split()[1:]]
    work = sum(ticks[:GUEST]) - ticks[IDLE] - ticks[IOWAIT]
    return work / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """What this process and the programs it has run have done."""
    both = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, both))


def disturbance(work: Callable[[], T]) -> tuple[T, bool]:
    """What `work` returns, and whether others used a processor meanwhile."""
    started, busy, own = time.monotonic(), busy_seconds(), own_seconds()
    result = work()
    foreign = (busy_seconds() - busy) - (own_seconds() - own)
    return result, foreign > GRAIN + SHARE * (time.monotonic() - started)


def wait_for_quiet() -> None:
    """Until others leave the machine alone for half a second; gives up after a minute."""
    give_up = time.monotonic() + LONGEST_WAIT
    while disturbance(lambda: time.sleep(0.5))[1] and time.monotonic() < give_up:
        pass


class Runs:
    """Does each run again, up to `patience` times, that others disturbed; counts them."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.taken = 0
        self.disturbed = 0

    def run(self, work: Callable[[], T]) -> T:
        result, disturbed = disturbance(work)
        for _ in range(self.patience):
            if not disturbed:
                break
            wait_for_quiet()
            result, disturbed = disturbance(work)
        self.taken += 1
        self.disturbed += disturbed
        return result

    def report(self) -> str:
        """What the other programs of the machine did meanwhile."""
        return (f"used more than {SHARE:.0%} of a processor in {self.disturbed} of the "
                f"{self.taken} runs (up to {self.patience} more tries each)")
