"""A sign of life: a Heartbeat beside a C method that does nothing, and beside threading.Event."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import repeat
from typing import Any

import heartbeat

from timing import Benchmark, nanoseconds_each, run_side_by_side

Call = Callable[[], Any]


def call(make: Callable[[], Call]) -> Benchmark:
    """One call after the other, on one thread."""

    def benchmark(count: int) -> float:
        one = make()

        def work() -> None:
            for _ in repeat(None, count):
                one()

        return nanoseconds_each(count, work)

    return benchmark


def unit(count: int) -> float:
    work_unit = heartbeat.Heartbeat().unit("unit")

    def work() -> None:
        for _ in repeat(None, count):
            with work_unit:
                pass

    return nanoseconds_each(count, work)


def ping_pong(make: Callable[[], tuple[Call, Call]]) -> Benchmark:
    """`make` returns how to tell, and how to wait to be told."""

    def benchmark(count: int) -> float:
        (tell, await_tell), (answer, await_answer) = make(), make()

        def serve() -> None:
            for _ in repeat(None, count):
                await_tell()
                answer()

        def ask() -> None:
            for _ in repeat(None, count):
                tell()
                await_answer()

        return nanoseconds_each(count, lambda: run_side_by_side(serve, ask))

    return benchmark


def heartbeat_ends() -> tuple[Call, Call]:
    beat = heartbeat.Heartbeat()
    return beat.pulse, beat.pulses.recv


def event_ends() -> tuple[Call, Call]:
    event = threading.Event()

    def wait() -> None:
        event.wait()
        event.clear()

    return event.set, wait


BEATS: dict[str, dict[str, Benchmark]] = {
    "heartbeat": {
        "pulse": call(lambda: heartbeat.Heartbeat().pulse),
        "unit": unit,
        "pulse_ping_pong": ping_pong(heartbeat_ends),
    },
    # Looks at one float and returns it: what any call of a method written in C costs.
    "C method": {"pulse": call(lambda: (1.0).conjugate)},
    "threading.Event": {
        "pulse": call(lambda: threading.Event().set),
        "pulse_ping_pong": ping_pong(event_ends),
    },
}
