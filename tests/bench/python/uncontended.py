"""One thread puts a value in and takes it out again: what a call costs."""

from __future__ import annotations

from itertools import repeat

from kinds import Kind
from timing import Benchmark, nanoseconds_each


def scenarios(kind: Kind) -> dict[str, Benchmark]:
    def send_recv(count: int) -> float:
        ends = kind.open(kind.roomiest)
        put, get = ends.put, ends.get

        def work() -> None:
            for _ in repeat(None, count):
                put(None)
                get()

        return nanoseconds_each(count, work)

    return {"send_recv": send_recv}
