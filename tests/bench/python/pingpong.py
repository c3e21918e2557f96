"""Two threads send a value to and fro over two channels: what a round trip takes."""

from __future__ import annotations

from functools import partial
from itertools import repeat

from kinds import UNBOUNDED, Capacity, Kind, label
from timing import Benchmark, nanoseconds_each, run_side_by_side


def round_trips(kind: Kind, capacity: Capacity, count: int) -> float:
    there, back = kind.open(capacity), kind.open(capacity)

    def ping(put=there.put, get=back.get) -> None:  # type: ignore[no-untyped-def]
        for _ in repeat(None, count):
            put(None)
            get()

    def pong(put=back.put, get=there.get) -> None:  # type: ignore[no-untyped-def]
        for _ in repeat(None, count):
            get()
            put(None)

    return nanoseconds_each(count, lambda: run_side_by_side(pong, ping))


def scenarios(kind: Kind) -> dict[str, Benchmark]:
    return {
        f"ping_pong-{label(capacity)}": partial(round_trips, kind, capacity)
        for capacity in kind.capacities
        if capacity in (0, 1, UNBOUNDED)
    }
