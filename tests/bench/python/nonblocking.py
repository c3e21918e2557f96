"""As uncontended.py, through the operations that never wait."""

from __future__ import annotations

from itertools import repeat

from kinds import Kind
from timing import Benchmark, nanoseconds_each


def scenarios(kind: Kind) -> dict[str, Benchmark]:
    def try_send_try_recv(count: int) -> float:
        ends = kind.open(kind.roomiest)
        put, get = ends.try_put, ends.try_get

        def work() -> None:
            for _ in repeat(None, count):
                put(None)
                get()

        return nanoseconds_each(count, work)

    return {"try_send_try_recv": try_send_try_recv}
