"""As many threads send as receive, over one channel: how long a message takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import repeat
from typing import Any

from kinds import Capacity, Kind, label
from timing import Benchmark, nanoseconds_each, run_side_by_side

PAIRS = {"one_to_one": 1, "four_to_four": 4}


def send(put: Callable[[Any], Any], count: int) -> None:
    for _ in repeat(None, count):
        put(None)


def receive(get: Callable[[], Any], count: int) -> None:
    for _ in repeat(None, count):
        get()


def messages(kind: Kind, capacity: Capacity, pairs: int, count: int) -> float:
    ends = kind.open(capacity)
    senders = [partial(send, ends.put, count // pairs)] * pairs
    receivers = [partial(receive, ends.get, count // pairs)] * pairs
    return nanoseconds_each(count, lambda: run_side_by_side(*senders, *receivers))


def scenarios(kind: Kind) -> dict[str, Benchmark]:
    return {
        f"{name}-{label(capacity)}": partial(messages, kind, capacity, pairs)
        for name, pairs in PAIRS.items()
        for capacity in kind.capacities
    }
