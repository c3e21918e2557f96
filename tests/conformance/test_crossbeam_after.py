"""crossbeam-channel tests/after.rs: timers that fire once."""

from __future__ import annotations

from typing import Any

import pytest

from crossbeam_helpers import LIMIT, assert_fair, assert_times_out, is_empty, scope
from heartbeat import Selected, Selector, Timer, after, now, select, sleep, try_select

THREADS = 4
FAR = 3600.0


def test_after_fire() -> None:
    """The value is the instant it was due, however late it is received, and comes once."""
    start = now()
    timer = after(0.05)
    due = timer.due
    assert start + 0.05 <= due <= now() + 0.05
    sleep(0.1)
    assert timer.try_recv() == due
    assert now() - due >= 0.05
    assert is_empty(timer)
    assert try_select(timer) is None
    assert select(timer, after(0.05)).index == 1


def test_after_len_empty_full() -> None:
    """Nothing to take before it is due, one thing then, nothing ever after."""
    timer = after(FAR)
    assert is_empty(timer)
    timer.reset(0.05)
    sleep(0.1)
    assert not is_empty(timer)
    assert is_empty(timer)
    sleep(0.1)
    assert is_empty(timer)


def test_after_try_recv() -> None:
    """Polling early neither takes nor delays anything."""
    timer = after(0.1)
    due = timer.due
    while (fired := timer.try_recv()) is None:
        assert now() < due + LIMIT
        sleep(0.01)
    assert due == fired <= now()
    assert is_empty(timer)


def test_after_recv() -> None:
    start = now()
    timer = after(0.05)
    fired = timer.recv()
    assert start + 0.05 <= fired <= now()
    assert is_empty(timer)


def test_after_recv_timeout() -> None:
    """A wait that ends too early leaves the timer as it was."""
    start = now()
    timer = after(0.5)
    assert_times_out(timer.recv)
    fired = timer.recv(timeout=LIMIT)
    assert start + 0.5 <= fired <= now()
    assert_times_out(timer.recv)
    assert is_empty(timer)


def test_after_recv_two() -> None:
    """Two threads wait for the same two timers: each gets another one."""
    first, second = after(0.05), after(0.05)
    with scope() as spawn:
        tasks = [spawn(select, first, second) for _ in range(2)]
    assert {id(task.result().source) for task in tasks} == {id(first), id(second)}


def test_after_recv_race() -> None:
    assert select(after(0.05), after(FAR)).index == 0
    assert select(after(FAR), after(0.05)).index == 1


def test_after_stress_default() -> None:
    """Due at once is ready at once."""
    for _ in range(10):
        selected = try_select(after(0))
        assert selected is not None
        assert selected.ok
    for _ in range(10):
        assert try_select(after(FAR)) is None


def _timers(count: int) -> list[Timer]:
    return [after(index / count / 100) for index in range(count)]


def test_after_select() -> None:
    """Four threads share 200 timers: each timer is received by exactly one of them."""
    timers = _timers(200)

    def receive() -> list[Selected[Any]]:
        taken = []
        while (selected := select(*timers, after(0.3))).index < len(timers):
            taken.append(selected)
        return taken

    with scope() as spawn:
        tasks = [spawn(receive) for _ in range(THREADS)]
    taken = [selected for task in tasks for selected in task.result()]
    assert sorted(selected.index for selected in taken) == list(range(200))
    assert all(selected.source is timers[selected.index] for selected in taken)


def test_after_ready() -> None:
    """The same through selectors that the threads keep and take fired timers out of."""
    timers = _timers(200)

    def receive() -> list[int]:
        selector = Selector(timers)
        taken: list[int] = []
        while True:
            try:
                taken.append(selector.select(timeout=0.3).index)
            except TimeoutError:
                return taken
            selector.remove(taken[-1])

    with scope() as spawn:
        tasks = [spawn(receive) for _ in range(THREADS)]
    assert sorted(index for task in tasks for index in task.result()) == list(range(200))


def test_after_stress_clone() -> None:
    """Ten threads poll one timer until it is due; one of them gets it."""

    def poll(timer: Timer, due: float) -> int:
        taken, is_due = 0, False
        while not is_due:
            is_due = now() >= due
            taken += not is_empty(timer)
        return taken

    for run in range(20):
        timer = after(run / 1000)
        due = timer.due
        with scope() as spawn:
            tasks = [spawn(poll, timer, due) for _ in range(10)]
        assert sum(task.result() for task in tasks) == 1


@pytest.mark.parametrize("delay", [0, 0.001])
def test_after_fairness(delay: float) -> None:
    count = 400
    hits = [0, 0]
    for _ in range(count):
        hits[select(after(delay), after(delay)).index] += 1
    assert_fair(hits, count)


@pytest.mark.parametrize("delay", [0, 0.001])
def test_after_fairness_duplicates(delay: float) -> None:
    count = 1000
    hits = [0] * 5
    for _ in range(count):
        hits[select(*[after(delay)] * 5).index] += 1
    assert_fair(hits, count)
