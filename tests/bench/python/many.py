"""Very many of something at once: what each takes to make, to be done with, and of memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from timing import Benchmark, Call, nanoseconds_each

STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """What of this process is in memory now. Linux only."""
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Many:
    """A run makes `count` of what the function that `open` returns makes."""

    def __init__(self, open: Callable[[], Call], stop: Callable[[Any], Any] | None = None) -> None:
        self.open = open
        self.stop = stop

    def bytes_each(self, count: int) -> float:
        """Whole ones: the system counts pages, which many share."""
        make, members = self.open(), [None] * count  # so that the list does not count
        before = resident_bytes()
        fill(members, make)
        return round((resident_bytes() - before) / count)

    def nanoseconds_to_make(self, count: int) -> float:
        make, members = self.open(), [None] * count
        return nanoseconds_each(count, lambda: fill(members, make))

    def nanoseconds_to_stop(self, count: int) -> float:
        make, members, stop = self.open(), [None] * count, self.stop
        fill(members, make)
        assert stop

        def work() -> None:
            for member in members:
                stop(member)

        return nanoseconds_each(count, work)


def fill(members: list[Any], make: Call) -> None:
    for i in range(len(members)):
        members[i] = make()


def scenarios(name: str, open: Callable[[], Call], stop: Callable[[Any], Any] | None) -> dict[str, Benchmark]:
    many = Many(open, stop)
    made: dict[str, Benchmark] = {f"{name}-create": many.nanoseconds_to_make, f"{name}-bytes": many.bytes_each}
    return made | ({f"{name}-stop": many.nanoseconds_to_stop} if stop else {})
