"""What a hundred waiting threads cost while nothing happens: it ought to be nothing.

Here the count is how many milliseconds to look on.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from functools import partial

import heartbeat

from timing import Benchmark

THREADS = 100
HOUR = 3600.0

Gate = heartbeat.Channel[None]
Wait = Callable[[Gate], object]


def wait_for_ever(gate: Gate) -> object:
    return gate.recv()


def wait_until(gate: Gate) -> object:
    return gate.recv(timeout=HOUR)


def wait_for_any(gate: Gate) -> object:
    return heartbeat.select(gate, heartbeat.Channel(), timeout=HOUR)


def wait_with_timer(gate: Gate) -> object:
    return heartbeat.select(gate, heartbeat.after(HOUR))


WAITS: tuple[Wait, ...] = (wait_for_ever, wait_until, wait_for_any, wait_with_timer)


def wait_quietly(wait: Wait, gate: Gate) -> None:
    try:
        wait(gate)
    except heartbeat.Closed:
        pass


def start_waiters(gate: Gate) -> list[heartbeat.Task[None]]:
    """Engine threads, as many of each way to wait, all of them waiting already."""
    tasks = [heartbeat.go(wait_quietly, WAITS[i % len(WAITS)], gate) for i in range(THREADS)]
    while gate.stats().waiting_receivers < THREADS:
        time.sleep(0.01)
    return tasks


def usage() -> tuple[float, int]:
    """CPU seconds of this process so far, and how often its threads gave up a processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_nvcsw


def look_on(pick: int, milliseconds: int) -> float:
    gate: Gate = heartbeat.Channel()
    tasks = start_waiters(gate)
    before = usage()
    time.sleep(milliseconds / 1000)
    after = usage()
    gate.close()
    for task in tasks:
        task.join()
    return after[pick] - before[pick]


def scenarios() -> dict[str, Benchmark]:
    return {
        "idle-cpu_us": lambda count: look_on(0, count) * 1e6,
        "idle-switches": partial(look_on, 1),
    }
