"""Timers and functions that are called later, none of which comes to its end: making, stopping, moving.

Beside them what a program does without heartbeat: threading.Timer (a thread each), asyncio's
call_later, sched. A timer is received from; an after-func calls a function, as all of the others do.
"""

from __future__ import annotations

import asyncio
import sched
import threading
from operator import methodcaller
from typing import Any

import heartbeat

import many
from timing import Benchmark, Call, call

HOUR = 3600.0


def nothing() -> None:
    pass


# ---- heartbeat ----


def timer_create_stop() -> object:
    return heartbeat.Timer(HOUR).stop()


def after_func_create_stop() -> object:
    return heartbeat.after_func(HOUR, nothing).stop()


def timer_reset() -> Call:
    reset = heartbeat.Timer(HOUR).reset
    return lambda: reset(HOUR)


# ---- what else there is ----


def thread_create_stop() -> None:
    timer = threading.Timer(HOUR, nothing)
    timer.start()
    timer.cancel()
    timer.join()


def loop_calls() -> Call:
    loop = asyncio.new_event_loop()
    return lambda: loop.call_later(HOUR, nothing)


def loop_create_stop() -> Call:
    later = loop_calls()
    return lambda: later().cancel()


def loop_reset() -> Call:
    """A handle cannot be moved: it is cancelled, and another one made."""
    later = loop_calls()
    handle = later()

    def reset() -> None:
        nonlocal handle
        handle.cancel()
        handle = later()

    return reset


def sched_create_stop() -> Call:
    scheduler = sched.scheduler()
    return lambda: scheduler.cancel(scheduler.enter(HOUR, 0, nothing))


def sched_calls() -> Call:
    scheduler = sched.scheduler()
    return lambda: scheduler.enter(HOUR, 0, nothing)


def make_timer() -> heartbeat.Timer:
    return heartbeat.Timer(HOUR)


def make_after_func() -> heartbeat.Timer:
    return heartbeat.after_func(HOUR, nothing)


STOP: Any = methodcaller("stop")

TIMERS: dict[str, dict[str, Benchmark]] = {
    "heartbeat": {
        "timer_create_stop": call(lambda: timer_create_stop),
        "timer_reset": call(timer_reset),
        "after_func_create_stop": call(lambda: after_func_create_stop),
        **many.scenarios("timers_million", lambda: make_timer, STOP),
        **many.scenarios("after_funcs_million", lambda: make_after_func, STOP),
    },
    "threading.Timer": {"after_func_create_stop": call(lambda: thread_create_stop)},
    "asyncio.call_later": {
        "timer_reset": call(loop_reset),
        "after_func_create_stop": call(loop_create_stop),
        **many.scenarios("after_funcs_million", loop_calls, methodcaller("cancel")),
    },
    "sched": {
        "after_func_create_stop": call(sched_create_stop),
        # Not stopped: cancelling one looks through all of them.
        **many.scenarios("after_funcs_million", sched_calls, None),
    },
}
