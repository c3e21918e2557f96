"""Timers, tickers and timeouts on virtual time: what test_timer.py can only bound is exact here."""

from __future__ import annotations

import pytest

from heartbeat import Channel, Ticker, Timer, Watchdog, after, go, nil, now, select, sleep, tick
from heartbeat.testing import Bubble

pytestmark = pytest.mark.virtual_time


def test_a_timer_is_received_at_its_instant() -> None:
    timer = Timer(20)
    assert timer.due == 20 and timer.recv() == now() == 20
    assert after(0).recv() == 20
    assert timer.reset(1.5) is False and timer.recv() == now() == 21.5


def test_a_timer_waits_to_be_received() -> None:
    timer = after(1)
    sleep(10)
    assert timer.active and select(nil, timer) == (1, 1.0, True) and now() == 10


def test_a_timer_that_is_moved_wakes_who_waits_at_the_new_instant(virtual_time: Bubble) -> None:
    timer = Timer(100)
    task = go(timer.recv)
    virtual_time.wait()
    assert timer.reset(3) is True
    assert task.result() == now() == 3


def test_ticks_keep_their_phase_and_count_what_nobody_took() -> None:
    ticker = Ticker(10)
    assert [ticker.recv(), next(ticker)] == [10, 20]
    sleep(35)  # until 55: 30 is held, 40 and 50 are dropped
    assert [ticker.recv(), ticker.missed] == [30, 2]
    assert [ticker.recv(), now()] == [60, 60]
    ticker.reset(3)
    assert [ticker.recv(), ticker.recv(), now()] == [63, 66, 66]


def test_ticks_of_a_day_take_no_time() -> None:
    ticker = tick(60)
    assert [due for _, due in zip(range(1440), ticker, strict=False)] == [60.0 * n for n in range(1, 1441)]
    assert now() == 86400 and ticker.missed == 0


@pytest.mark.parametrize("seconds", [1e-9, 0.25, 3600, 1e9])
def test_a_timeout_comes_at_its_instant(seconds: float) -> None:
    with pytest.raises(TimeoutError):
        Channel[int]().recv(timeout=seconds)
    assert now() == pytest.approx(seconds, rel=1e-12)
    with pytest.raises(TimeoutError):
        select(nil, deadline=2 * seconds)
    assert now() == pytest.approx(2 * seconds, rel=1e-12)


def test_the_first_of_several_deadlines_wins() -> None:
    late, early = after(5), after(2)
    assert select(late, early, timeout=3).source is early and now() == 2
    with pytest.raises(TimeoutError):
        select(late, early, timeout=2.5)
    assert now() == 4.5


def test_a_watchdog_expires_after_exactly_its_timeout() -> None:
    watchdog = Watchdog(2)
    for _ in range(3):
        sleep(1.5)
        watchdog.beat()
    assert watchdog.expired.recv() == now() == 6.5
    assert watchdog.expired.recv() == now() == 8.5
