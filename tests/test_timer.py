"""Timers and tickers: due when they say, nothing stale, the phase kept, what was dropped counted."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pytest

import heartbeat
from heartbeat import (
    Channel,
    Source,
    Ticker,
    Timer,
    after,
    go,
    nil,
    now,
    select,
    sleep,
    tick,
    try_select,
)
from support import QUIET, SANITIZED, SOON, run_program

INF = math.inf
ROUNDING = 1e-6  # an instant in seconds has not all digits of one in nanoseconds


def stall(until: float) -> None:
    """Spend the time in a wait that is not for the timer."""
    with pytest.raises(TimeoutError):
        nil.recv(deadline=until)


# ---- timers ----


@pytest.mark.parametrize("make", [after, Timer])
@pytest.mark.parametrize("delay", [0, 0.02, datetime.timedelta(milliseconds=20)])
def test_a_timer_can_be_received_once(make: Any, delay: Any) -> None:
    seconds = delay.total_seconds() if isinstance(delay, datetime.timedelta) else delay
    begun = now()
    timer = make(delay)
    made, due = now(), timer.due
    assert isinstance(timer, Timer) and isinstance(timer, Source)
    assert begun + seconds <= due + ROUNDING <= made + seconds + 2 * ROUNDING
    value = timer.recv()
    assert value == due <= now() + ROUNDING < begun + SOON
    assert timer.due == INF and not timer.active and timer.try_recv() is None
    with pytest.raises(TimeoutError):
        timer.recv(timeout=0.001)
    assert timer.stop() is False


def test_a_timer_is_not_early() -> None:
    timer = Timer(0.05)
    due = timer.due
    while (value := timer.try_recv()) is None:
        assert timer.active and now() < due + SOON
    assert value == due <= now() + ROUNDING


def test_a_timer_waits_to_be_received() -> None:
    timer = Timer(0.001)
    due = timer.due
    stall(now() + 0.01)
    assert timer.active and due < now()
    assert select(nil, timer) == (1, due, True) and try_select(timer) is None


def test_stop_tells_whether_it_was_in_time() -> None:
    timer = Timer(1000)
    assert timer.stop() is True and timer.stop() is False
    assert not timer.active and timer.due == INF
    for call in (lambda: timer.recv(timeout=0.001), lambda: select(timer, timeout=0)):
        with pytest.raises(TimeoutError):
            call()


def test_nothing_stale_after_stop_or_reset() -> None:
    timer = Timer(0)
    stall(now() + 0.001)
    assert timer.stop() is True  # it was due, and nobody had received it
    assert timer.try_recv() is None and try_select(timer) is None
    assert timer.reset(0) is False
    stall(now() + 0.001)
    assert timer.reset(1000) is True
    assert timer.try_recv() is None and timer.active
    begun = now()
    assert timer.reset(0.02) is True
    assert timer.recv() >= begun + 0.02 - ROUNDING
    assert timer.reset(0.001) is False
    assert timer.recv() <= now()


@pytest.mark.parametrize("make", [after, Timer, tick, Ticker])
def test_the_farthest_instants(make: Any) -> None:
    far = make(1e9)
    assert now() + 1e9 - SOON < far.due < now() + 1e9 + ROUNDING and far.active
    never = make(INF)
    assert never.due == INF and not never.active
    for timer in (far, never, make(9e9)):
        assert timer.try_recv() is None
        with pytest.raises(TimeoutError):
            timer.recv(timeout=0.001)
    assert far.reset(INF) in (True, None) and not far.active


def test_sleep() -> None:
    for seconds in (0, 1e-9, 0.02, datetime.timedelta(milliseconds=10)):
        least = getattr(seconds, "total_seconds", lambda s=seconds: s)()
        begun = now()
        assert sleep(seconds) is None
        assert least <= now() - begun + ROUNDING < SOON


def test_time_goes_on() -> None:
    instants = [now() for _ in range(1000)]
    assert instants == sorted(instants) and all(type(instant) is float for instant in instants)


# ---- tickers ----


def test_ticks_keep_their_phase() -> None:
    begun = now()
    ticker = tick(0.01)
    first = ticker.recv()
    assert begun + 0.01 <= first + ROUNDING <= now() + ROUNDING
    for value in [ticker.recv(), next(ticker), *[due for due, _ in zip(ticker, range(3), strict=False)],
                  select(ticker).value]:
        periods = (value - first) / 0.01
        assert periods > 0.5 and abs(periods - round(periods)) < 1e-3


def test_a_stall_drops_ticks_and_keeps_the_phase() -> None:
    ticker = Ticker(0.01)
    first = ticker.due
    stall(now() + 0.058)
    assert ticker.recv() == first  # the oldest that nobody took
    second = ticker.recv()
    periods = (second - first) / 0.01
    assert periods >= 5 - 1e-3 and abs(periods - round(periods)) < 1e-3


def test_dropped_ticks_are_counted() -> None:
    ticker = Ticker(0.01)
    first, received, exact = ticker.due, 0, 0
    for stalled in (0, 0.025, 0.05, 0, 0.013, 0, 0):
        stall(now() + stalled)
        ticker.recv()
        received += 1
        due, missed = ticker.due, ticker.missed
        passed = round((due - first) / 0.01)
        assert passed <= received + missed
        if now() < due:  # none has come due meanwhile
            assert passed == received + missed
            exact += 1
    assert exact > 0 and ticker.missed >= 5


def test_ticks_nobody_takes_are_counted_while_they_pass() -> None:
    ticker = Ticker(0.005)
    stall(ticker.due + 0.02)
    seen = ticker.missed
    assert seen >= 4 and ticker.missed >= seen
    ticker.stop()
    counted = ticker.missed
    stall(now() + 0.02)
    assert ticker.missed == counted >= seen


def test_a_ticker_that_is_stopped_and_reset() -> None:
    ticker = Ticker(0.001)
    ticker.recv()
    stall(now() + 0.005)
    assert ticker.stop() is None
    assert ticker.try_recv() is None and not ticker.active and ticker.due == INF
    with pytest.raises(TimeoutError):
        ticker.recv(timeout=QUIET)
    begun = now()
    assert ticker.reset(0.02) is None
    assert ticker.active and ticker.period == 0.02
    first = ticker.recv()
    assert first >= begun + 0.02 - ROUNDING
    ticker.reset(1000)
    stall(first + 0.05)
    assert ticker.try_recv() is None and ticker.period == 1000


def test_the_shortest_period() -> None:
    ticker = Ticker(1e-9)
    values = [ticker.recv() for _ in range(100)]
    assert values == sorted(values) and ticker.missed > 100


def test_a_ticker_of_hours() -> None:
    ticker = Ticker(datetime.timedelta(hours=1))
    assert ticker.period == 3600 and ticker.missed == 0 and ticker.try_recv() is None


# ---- what they cost ----


@pytest.mark.skipif(SANITIZED, reason="measures memory")
def test_a_million_timers_need_little_memory_and_are_released() -> None:
    run_program("""
from heartbeat import Ticker, after, try_select
from support import memory
def fill():
    timers = [after(1e9) if number % 2 else Ticker(1e9) for number in range(1_000_000)]
    assert timers[-1].active and try_select(*timers[:1000]) is None
    return memory()
before = memory()
first = fill()
assert first - before < 1_000_000 * 400, (before, first)
for _ in range(2):
    again = fill()
    assert again - before < (first - before) * 1.2, (before, first, again)
""")


def test_who_only_waits_uses_no_processor() -> None:
    run_program("""
import time
from heartbeat import *
tasks = [go(select, tick(1000), nil, after(1000)) for _ in range(20)]
timer = after_func(1000, print)
after(0.3).recv()  # until all wait
used = time.process_time()
try:
    Channel().recv(timeout=1)
except TimeoutError:
    pass
assert time.process_time() - used < 0.05, time.process_time() - used
""")


def test_channels_of_timers() -> None:
    queue = Channel[Any](2)
    queue.send_many([Timer(0.001), Ticker(0.001)])
    assert [go(timer.recv).result() <= heartbeat.now() for timer in queue.recv_many(2)] == [True, True]
