"""select() over a number of channels; queues have nothing like it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import repeat

import heartbeat

from timing import Benchmark, nanoseconds_each, run_side_by_side

SOURCES = (2, 8, 64, 512)
Channels = list["heartbeat.Channel[int]"]


def channels(n: int, capacity: int) -> Channels:
    return [heartbeat.Channel(capacity) for _ in range(n)]


def last_holds(sources: int, count: int) -> Channels:
    """Of so many channels the last holds so many values."""
    some = channels(sources, count)
    some[-1].send_many(repeat(1, count))
    return some


def one_ready(sources: int, count: int) -> float:
    """One value after the other is selected out of channels of which only the last holds any."""
    some, select = tuple(last_holds(sources, count)), heartbeat.select

    def work() -> None:
        for _ in repeat(None, count):
            select(*some)

    return nanoseconds_each(count, work)


def reused(sources: int, count: int) -> float:
    """As one_ready, with a Selector that is made once."""
    select = heartbeat.Selector(last_holds(sources, count)).select

    def work() -> None:
        for _ in repeat(None, count):
            select()

    return nanoseconds_each(count, work)


def none_ready(sources: int, count: int) -> float:
    """A poll of channels that all are empty."""
    some = channels(sources, 1)
    poll = heartbeat.try_select

    def work() -> None:
        for _ in repeat(None, count):
            poll(*some)

    return nanoseconds_each(count, work)


def answer(question: Callable[[], int], reply: Callable[[int], None], count: int) -> None:
    for _ in repeat(None, count):
        reply(question())


def ask(some: Channels, question: Callable[[int], None], count: int) -> None:
    select = heartbeat.select
    for i in repeat(1, count):
        question(i)
        select(*some)


def woken(sources: int, count: int) -> float:
    """A round trip whose asker waits for the answer in a select."""
    some, there = channels(sources, 0), channels(1, 0)[0]
    works = partial(answer, there.recv, some[-1].send, count), partial(ask, some, there.send, count)
    return nanoseconds_each(count, lambda: run_side_by_side(*works))


def scenarios() -> dict[str, Benchmark]:
    made = {
        "select_ready": one_ready,
        "selector_ready": reused,
        "try_select_empty": none_ready,
        "select_ping_pong": woken,
    }
    return {f"{name}-{n}": partial(fn, n) for name, fn in made.items() for n in SOURCES}
