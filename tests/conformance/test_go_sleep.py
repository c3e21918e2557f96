"""Go src/time/sleep_test.go, first part: sleep, after, tickers under load and limits.

The second part, on stopping and resetting, is test_go_timer_stop.py.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import heartbeat
import pytest
from go_helpers import TIMER_KINDS, WAIT, Program, stays_quiet, until
from heartbeat import Channel, Source, Ticker, Timer, after, after_func, select

ROUNDING = 1e-6  # an instant is a float of seconds
kinds = pytest.mark.parametrize("make", TIMER_KINDS.values(), ids=TIMER_KINDS.keys())
Make = Callable[[float], tuple[Timer, Source]]


@contextmanager
def signal_handled() -> Iterator[list[int]]:
    handled: list[int] = []
    previous = signal.signal(signal.SIGUSR1, lambda number, frame: handled.append(number))
    try:
        yield handled
    finally:
        signal.signal(signal.SIGUSR1, previous)


def test_Sleep() -> None:
    """A signal in the middle runs its handler and does not shorten the sleep."""
    with signal_handled() as handled:
        after_func(0.05, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        start = heartbeat.now()
        heartbeat.sleep(0.1)
        assert heartbeat.now() - start >= 0.1
        until(lambda: handled == [signal.SIGUSR1])


def test_AfterFunc() -> None:
    """Each call arranges the next one and then takes its time; ten of them, and a last one that
    reports.
    """
    calls: list[float] = []
    done: Channel[int] = Channel(1)

    def again() -> None:
        calls.append(heartbeat.now())
        if len(calls) > 10:
            done.send(len(calls))
            return
        after_func(0, again)
        heartbeat.sleep(0.01)

    after_func(0, again)
    assert done.recv(timeout=WAIT) == 11
    assert calls == sorted(calls)


@contextmanager
def collecting(program: Program) -> Iterator[None]:
    """The garbage collector runs all the time on another thread."""
    stop = threading.Event()

    def collect() -> None:
        while not stop.is_set():
            gc.collect(0)
            heartbeat.sleep(1e-9)

    task = program.go(collect)
    try:
        yield
    finally:
        stop.set()
        task.join(WAIT)


def take_ticks(ticker: Ticker, count: int) -> list[float]:
    return [ticker.recv(timeout=WAIT) for _ in range(count)]


def test_TickerStress() -> None:
    """With a period of a nanosecond nearly every tick is missed, and the next one is there at
    once.
    """
    with Program() as program, collecting(program):
        ticker = Ticker(1e-9)
        ticks = take_ticks(ticker, 100)
        assert ticks == sorted(ticks)
        assert ticker.missed > 0
        ticker.stop()


def test_TickerConcurrentStress() -> None:
    with Program() as program, collecting(program):
        ticker = Ticker(1e-9)
        readers = [program.go(take_ticks, ticker, 100) for _ in range(10)]
        for ticks in [reader.result(WAIT) for reader in readers]:
            assert ticks == sorted(ticks)
        ticker.stop()


def send_until(stop: threading.Event, channel: Channel[Any]) -> None:
    while not stop.is_set():
        channel.send(True)
    channel.close()


def test_AfterFuncStarvation() -> None:
    """Two threads keep each other busy over a channel; a callback gets its turn all the same."""
    with Program() as program:
        stop, channel = threading.Event(), program.chan(1)
        program.go(send_until, stop, channel)
        program.go(lambda: list(channel))
        timer = after_func(0.000001, stop.set)
        program.join()
        assert stop.is_set() and timer.stop() is False


def test_After() -> None:
    start = heartbeat.now()
    due = after(0.1).recv(timeout=WAIT)
    assert heartbeat.now() - start >= 0.1
    assert due >= start + 0.1 - ROUNDING


def test_AfterTick() -> None:
    start = heartbeat.now()
    for _ in range(10):
        after(0.01).recv(timeout=WAIT)
    assert 10 * 0.01 <= heartbeat.now() - start < WAIT


SLOTS = [5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0]


def arrivals(make: Make, delta: float) -> list[tuple[int, float]]:
    """One thread for each slot, in this shuffled order; each reports its slot when its timer
    fires.
    """
    start = heartbeat.now()
    with Program() as program:
        result = program.chan(len(SLOTS))
        for slot in SLOTS:
            _, source = make(slot * delta)
            program.go(lambda slot=slot, source=source: result.send((slot, source.recv())))
        return [(slot, value - start) for slot, value in (result.recv(timeout=WAIT) for _ in SLOTS)]


@kinds
def test_AfterQueuing(make: Make) -> None:
    """Timers fire in the order of their instants, not of their making.

    As in the original the distance grows until it is longer than the delays of the machine. No
    attempt may be early.
    """
    for attempt in range(6):
        delta = 0.02 * 2**attempt
        got = arrivals(make, delta)
        assert sorted(slot for slot, _ in got) == sorted(SLOTS)
        assert all(value >= slot * delta - ROUNDING for slot, value in got)
        if [slot for slot, _ in got] == sorted(SLOTS):
            return
    pytest.fail(f"out of order in every attempt, last: {got}")


def test_SleepZeroDeadlock() -> None:
    with Program() as program:
        program.go(lambda: [gc.collect(0) for _ in range(100)])
        for _ in range(100):
            heartbeat.sleep(0)
            once: Channel[bool] = Channel(1)
            once.send(True)
            assert once.recv() is True
        program.join()


BIG = (2**63 - 1) // 10**9  # whole seconds that fit the clock's 64 bits of nanoseconds


@pytest.mark.parametrize("make", [after, Ticker])
@pytest.mark.parametrize(
    "big", [BIG, float(BIG - 1024), timedelta(seconds=BIG)], ids=["int", "float", "timedelta"]
)
def test_OverflowSleep(make: Callable[[Any], Any], big: Any) -> None:
    """TestOverflowPeriodRuntimeTimer too: a time so long that the sum with now is no instant is not
    a short one.
    """
    source = make(big)
    assert select(source, after(0.025), timeout=WAIT).index == 1
    assert source.try_recv() is None
    source.reset(0.001)  # and it is in nobody's way
    assert source.recv(timeout=WAIT) <= heartbeat.now()
    source.stop()


def test_OverflowSleep_thread() -> None:
    """The same in a wait with such a timeout, which lasts until something comes."""
    with Program() as program:
        channel = program.chan()
        task = program.go(lambda: channel.recv(timeout=BIG))
        assert stays_quiet(task)
        channel.send(1, timeout=WAIT)
        assert task.result(WAIT) == 1


@pytest.mark.parametrize("call", [heartbeat.sleep, after, Ticker, lambda d: after_func(d, print)])
def test_OverflowSleep_refused(call: Callable[[Any], Any]) -> None:
    """What does not fit the clock at all is an OverflowError here; negative times, at once in Go, a
    ValueError.
    """
    for too_long in (2**63, 1e300, BIG + 1):
        with pytest.raises(OverflowError):
            call(too_long)
    for wrong in (-1, -(2**63), -math.inf, math.nan):
        with pytest.raises(ValueError):
            call(wrong)


@kinds
def test_ZeroTimer(make: Make) -> None:
    """Timers of no duration fire, every one of them (Go issue 44868).

    A million there, 1,000 here.
    """
    for _ in range(1_000):
        make(0)[1].recv(timeout=WAIT)


def test_ZeroTimer_cache() -> None:
    timer, fired = TIMER_KINDS["func"](3600)
    for _ in range(1_000):
        timer.reset(0)
        fired.recv(timeout=WAIT)
    assert timer.stop() is False


def receive_ticks(ticker: Ticker, count: int) -> None:
    for _ in range(count):
        select(ticker, after(0.001))


def test_MultiWakeupTicker() -> None:
    """Several threads wait for one fast ticker, each with a timer beside it.

    100,000 rounds there, 1,000 here.
    """
    with Program() as program:
        ticker = Ticker(0.000001)
        for _ in range(4):
            program.go(receive_ticks, ticker, 1_000)
        program.join()
        assert ticker.recv(timeout=WAIT) <= heartbeat.now()
        ticker.stop()


def poll_and_reset(timer: Timer, count: int) -> int:
    found = 0
    for _ in range(count):
        found += timer.try_recv() is not None
        timer.reset(1e-9)
    return found


def test_MultiWakeupTimer() -> None:
    with Program() as program:
        timer = Timer(1e-9)
        for _ in range(4):
            program.go(poll_and_reset, timer, 2_000)
        program.join()
        assert timer.recv(timeout=WAIT) <= heartbeat.now()
        assert stays_quiet(timer)
