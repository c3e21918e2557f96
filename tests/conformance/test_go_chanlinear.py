"""Go test/chanlinear.go: leaving the middle of a long queue of waiters does not take time linear in
its length.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import heartbeat
import pytest
from go_helpers import WAIT, Program, no_waiters, until_receivers
from heartbeat import Channel, select

MESSAGES = 10
THREADS = 200  # 1,000 goroutines there
CASES = 4_000
TRIES = 5  # noise only adds, so one good ratio is enough
LARGEST = 8_000


def timed(measured: Callable[[int], None], size: int) -> float:
    gc.collect()
    start = heartbeat.now()
    measured(size)
    return heartbeat.now() - start


def check_linear(size: int, largest: int, measured: Callable[[int], None]) -> None:
    """Twice the size takes twice the time; under 3 times is allowed."""
    ratios = []
    while size <= largest:
        for _ in range(TRIES):
            ratios.append(timed(measured, 2 * size) / timed(measured, size))
            if ratios[-1] < 3:
                return
        size *= 2
    pytest.fail(f"twice the size took {ratios} times as long")


def toggle(crowded: Channel[Any], own: Channel[Any]) -> None:
    for _ in range(MESSAGES):
        assert select(crowded, own).source is own


def wake_each(queues: int) -> None:
    """Every thread queues up on a crowded channel, and leaves it from wherever it stands when its
    own wakes it.
    """
    with Program() as program:
        crowded = [program.chan() for _ in range(queues)]
        owns = [program.chan() for _ in range(THREADS)]
        for number, own in enumerate(owns):
            program.go(toggle, crowded[number % queues], own)
        for _ in range(MESSAGES):
            for own in owns:
                own.send(True, timeout=WAIT)
        program.join()
        assert all(no_waiters(channel) for channel in crowded)


def leave_from_behind(cases: int) -> None:
    """One select fills the queue, another stands behind it with as many cases and must take each
    one out.
    """
    with Program() as program:
        crowded, release = program.chan(), program.chan()
        front = program.go(lambda: select(release, *[crowded] * cases))
        until_receivers(release, 1)
        with pytest.raises(TimeoutError):
            select(*[crowded] * cases, timeout=0.001)
        release.send(True, timeout=WAIT)
        assert front.result(WAIT).index == 0
        assert no_waiters(crowded)


def test_chanSelect() -> None:
    """One queue of all threads costs no more than a queue for each of them.

    The original compares with half as many goroutines. Twice the threads take more than twice the
    time whatever they wait on, as the interpreter and the system switch between them; so the
    comparison is with as many threads that share nothing.
    """
    ratios = []
    for _ in range(TRIES):
        ratios.append(timed(wake_each, 1) / timed(wake_each, THREADS))
        if ratios[-1] < 2:
            return
    pytest.fail(f"sharing a queue took {ratios} times as long")


def test_chanSelect_many_cases() -> None:
    """Threads are few; waiters of one select make a queue long enough to tell linear from
    quadratic.
    """
    check_linear(CASES, LARGEST, leave_from_behind)
