"""Some threads send and some receive, over one channel: how long a message takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import repeat
from typing import Any

from kinds import Capacity, Kind, label
from timing import Benchmark, nanoseconds_each, run_side_by_side

FLOWS = {"one_to_one": (1, 1), "four_to_one": (4, 1), "four_to_four": (4, 4)}  # senders, receivers


def send(put: Callable[[Any], Any], count: int) -> None:
    for _ in repeat(None, count):
        put(None)


def receive(get: Callable[[], Any], count: int) -> None:
    for _ in repeat(None, count):
        get()


def messages(kind: Kind, capacity: Capacity, flow: tuple[int, int], count: int) -> float:
    ends = kind.open(capacity)
    n_senders, n_receivers = flow
    senders = [partial(send, ends.put, count // n_senders)] * n_senders
    receivers = [partial(receive, ends.get, count // n_receivers)] * n_receivers
    return nanoseconds_each(count, lambda: run_side_by_side(*senders, *receivers))


def scenarios(kind: Kind) -> dict[str, Benchmark]:
    return {
        f"{name}-{label(capacity)}": partial(messages, kind, capacity, flow)
        for name, flow in FLOWS.items()
        for capacity in kind.capacities
    }
