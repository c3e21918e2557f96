"""after_func(): a function called at an instant, on a thread of the engine."""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import Channel, Timer, after_func, go, nil, now, select, sleep
from heartbeat.testing import LeakError, virtual_time
from support import QUIET, SOON, wait_until

Told = list[threading.ExceptHookArgs]


def calls() -> tuple[Callable[[], None], Channel[float]]:
    """A function that tells when it was called, and where it tells that."""
    told = Channel[float](None)
    return lambda: told.send(now()), told


def none_comes(told: Channel[Any]) -> bool:
    with pytest.raises(TimeoutError):
        told.recv(timeout=QUIET)
    return True


# ---- the call ----


@pytest.mark.parametrize("delay", [0, 0.02])
def test_the_function_is_called_once_and_not_early(delay: float) -> None:
    call, told = calls()
    begun = now()
    timer = after_func(delay, call)
    assert isinstance(timer, Timer)
    assert begun + delay <= told.recv(timeout=SOON)
    assert none_comes(told) and not timer.active and timer.due == float("inf")


def test_it_is_called_on_another_thread() -> None:
    told = Channel[int]()
    after_func(0, lambda: told.send(threading.get_ident()))
    assert told.recv(timeout=SOON) != threading.get_ident()


def test_what_it_tells_of_itself() -> None:
    begun = now()
    timer = after_func(1000, print)
    assert begun + 1000 <= timer.due <= now() + 1000 + 1e-6 and timer.active
    assert "print" in repr(timer)
    timer.stop()
    assert timer.due == float("inf") and not timer.active


def test_as_a_source_it_is_never_ready() -> None:
    call, told = calls()
    timer = after_func(0, call)
    told.recv(timeout=SOON)
    assert timer.try_recv("never") == "never"
    for wait in (lambda: timer.recv(timeout=QUIET), lambda: select(timer, nil, timeout=0.001)):
        with pytest.raises(TimeoutError):
            wait()


def test_earlier_ones_are_called_first_however_they_were_set() -> None:
    told = Channel[int]()
    for number in (3, 1, 0, 2):
        after_func(0.15 * number, lambda number=number: told.send(number))
    assert [told.recv(timeout=SOON) for _ in range(4)] == [0, 1, 2, 3]


def test_dropping_the_timer_does_not_cancel() -> None:
    call, told = calls()
    after_func(0.01, call)
    assert told.recv(timeout=SOON)


def test_thousands_at_once() -> None:
    told = Channel[int](None)
    timers = [after_func(0.01, lambda number=number: told.send(number)) for number in range(2000)]
    assert sorted(told.recv(timeout=SOON) for _ in timers) == list(range(2000))
    assert not any(timer.active for timer in timers)


def test_a_function_that_takes_long_delays_no_other() -> None:
    started, let_go = Channel[None](), Channel[None]()

    def block() -> None:
        started.send(None)
        let_go.recv()

    for _ in range(5):
        after_func(0, block)
        started.recv(timeout=SOON)
    call, told = calls()
    after_func(0.001, call)
    assert told.recv(timeout=SOON)
    let_go.send_many([None] * 5)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_calls_one_after_another_share_a_few_threads() -> None:
    call, told = calls()
    before = len(os.listdir("/proc/self/task"))
    for _ in range(200):
        after_func(0, call)
        told.recv(timeout=SOON)
    assert len(os.listdir("/proc/self/task")) < before + 20


# ---- stop and reset ----


def test_stop_in_time() -> None:
    call, told = calls()
    timer = after_func(0.02, call)
    assert timer.stop() is True and timer.stop() is False
    assert none_comes(told)


def test_stop_too_late() -> None:
    call, told = calls()
    timer = after_func(0, call)
    told.recv(timeout=SOON)
    assert timer.stop() is False


def test_stop_does_not_wait_for_a_call_that_runs() -> None:
    started, ended = Channel[None](), Channel[None]()

    def run() -> None:
        started.send(None)
        ended.send(None)

    timer = after_func(0, run)
    started.recv(timeout=SOON)
    assert timer.stop() is False
    ended.recv(timeout=SOON)


def test_reset_moves_the_call() -> None:
    call, told = calls()
    timer = after_func(1000, call)
    begun = now()
    assert timer.reset(0.02) is True
    assert begun + 0.02 <= told.recv(timeout=SOON)
    timer = after_func(0.02, call)
    assert timer.reset(1000) is True
    assert none_comes(told) and timer.reset(float("inf")) is True and not timer.active


def test_reset_calls_again() -> None:
    call, told = calls()
    timer = after_func(0, call)
    for _ in range(20):
        told.recv(timeout=SOON)
        assert timer.reset(0.001) is False
    told.recv(timeout=SOON)
    timer.stop()
    assert none_comes(told)


def test_reset_while_it_runs() -> None:
    started, let_go = Channel[int](), Channel[None]()
    running = Counter[int]()

    def run() -> None:
        started.send(threading.get_ident())
        let_go.recv()

    timer = after_func(0, run)
    running[started.recv(timeout=SOON)] += 1
    assert timer.reset(0) is False
    running[started.recv(timeout=SOON)] += 1
    assert len(running) == 2  # side by side
    let_go.send_many([None, None])


def test_a_function_may_use_its_own_timer() -> None:
    told = Channel[bool](None)

    def run() -> None:
        told.send(timer.stop())
        if told.stats().sends < 5:
            timer.reset(0)

    timer = after_func(1000, run)
    timer.reset(0)
    assert [told.recv(timeout=SOON) for _ in range(5)] == [False] * 5
    assert none_comes(told)


def test_every_arming_is_called_or_stopped() -> None:
    called = Channel[None](None)
    armed = Channel[int](None)

    def arm_and_stop(who: int) -> int:
        stopped = 0
        timer = after_func(1000, lambda: called.send(None))
        for number in range(300):
            stopped += timer.reset(0 if (who + number) % 3 else 1e-4)
            if number % 5 == 0:
                stopped += timer.stop()
                assert timer.reset(0) is False
                armed.send(1)
        return stopped + timer.stop()

    stopped = sum(task.result(SOON) for task in [go(arm_and_stop, who) for who in range(3)])
    armings = 3 * 301 + len(armed)
    wait_until(lambda: len(called) == armings - stopped)
    assert none_comes(Channel()) and len(called) == armings - stopped


# ---- context variables ----

variable = contextvars.ContextVar("variable", default="default")


def look_and_set(seen: Channel[tuple[int, str]], value: str) -> None:
    before = variable.get()
    variable.set(value)
    seen.send((threading.get_ident(), before))


def test_context_variables_are_the_callers() -> None:
    seen = Channel[tuple[int, str]]()

    def arm() -> Timer:
        variable.set("before")
        timer = after_func(1000, lambda: look_and_set(seen, "by the call"))
        variable.set("after")
        return timer

    timer = contextvars.copy_context().run(arm)
    for _ in range(3):  # each call anew, whoever resets
        timer.reset(0)
        assert seen.recv(timeout=SOON)[1] == "before"
    assert variable.get() == "default"


def test_what_a_function_sets_is_gone_with_its_call() -> None:
    seen = Channel[tuple[int, str]](None)
    calls = Counter[int]()
    while max(calls.values(), default=0) < 3:  # one thread has served several
        after_func(0, lambda: look_and_set(seen, "by another"))
        thread, value = seen.recv(timeout=SOON)
        assert value == "default"
        calls[thread] += 1


def test_calls_side_by_side_have_their_own_variables() -> None:
    started, let_go, seen = Channel[None](), Channel[str](), Channel[str](None)

    def run() -> None:
        started.send(None)
        variable.set(let_go.recv())
        seen.send(variable.get())

    timer = after_func(0, run)
    started.recv(timeout=SOON)
    timer.reset(0)
    started.recv(timeout=SOON)
    let_go.send_many(["one", "other"])
    assert {seen.recv(timeout=SOON), seen.recv(timeout=SOON)} == {"one", "other"}


# ---- exceptions ----


def test_what_it_raises_is_told(told: Told) -> None:
    error = ValueError("told")

    def fail() -> None:
        raise error

    timer = after_func(0, fail)
    wait_until(lambda: told)
    timer.reset(0)
    wait_until(lambda: len(told) == 2)
    assert [call.exc_value for call in told] == [error, error]
    assert told[0].exc_type is ValueError and told[0].exc_traceback is not None
    call, called = calls()
    after_func(0, call)
    assert called.recv(timeout=SOON)


def test_that_its_bubble_ended_it_is_not_told(told: Told) -> None:
    with pytest.raises(LeakError, match="hb-after-func"), virtual_time():
        after_func(1.0, Channel().recv)
        sleep(2.0)
    assert told == []
