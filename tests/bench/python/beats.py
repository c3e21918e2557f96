"""A sign of life: a Heartbeat beside a C method that does nothing, and beside threading.Event.

And putting off an alarm: a Watchdog beside faulthandler, which has one for the whole process, and
beside threading.Timer, which has to be made anew.
"""

from __future__ import annotations

import faulthandler
import threading
from collections.abc import Callable
from itertools import repeat

import heartbeat

from timing import Benchmark, Call, call, nanoseconds_each, run_side_by_side

HOUR = 3600.0


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


def rearm_timer() -> Call:
    timer = threading.Timer(HOUR, print)
    timer.daemon = True

    def rearm() -> None:
        nonlocal timer
        timer.cancel()
        timer = threading.Timer(HOUR, print)
        timer.daemon = True
        timer.start()

    return rearm


def rearm_dump(count: int) -> float:
    """Each call cancels the alarm of the one before."""
    rearm = faulthandler.dump_traceback_later
    taken = call(lambda: lambda: rearm(HOUR))(count)
    faulthandler.cancel_dump_traceback_later()
    return taken


BEATS: dict[str, dict[str, Benchmark]] = {
    "heartbeat": {
        "pulse": call(lambda: heartbeat.Heartbeat().pulse),
        "unit": unit,
        "pulse_ping_pong": ping_pong(heartbeat_ends),
        "rearm": call(lambda: heartbeat.Watchdog(HOUR).beat),
    },
    # Looks at one float and returns it: what any call of a method written in C costs.
    "C method": {"pulse": call(lambda: (1.0).conjugate)},
    "faulthandler": {"rearm": rearm_dump},
    "threading.Timer": {"rearm": call(rearm_timer)},
    "threading.Event": {
        "pulse": call(lambda: threading.Event().set),
        "pulse_ping_pong": ping_pong(event_ends),
    },
}
