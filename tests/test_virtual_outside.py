"""A bubble and what was made outside of it: such things keep real time, and no clock moves for them."""

from __future__ import annotations

import pytest

import heartbeat
from heartbeat import Channel, Ticker, Timer, Watchdog, go, select, sleep
from heartbeat.testing import StallError, virtual_time
from support import SOON, wait_for_receivers

BRIEF = 0.01  # real seconds


def test_a_timer_from_outside_fires_in_real_time() -> None:
    began = heartbeat.now()
    timer = Timer(BRIEF)
    with virtual_time() as bubble:
        assert timer.recv() >= began + BRIEF
        assert bubble.now == 0.0
    assert heartbeat.now() >= began + BRIEF


def test_a_ticker_from_outside_goes_on() -> None:
    ticker = Ticker(BRIEF)
    with virtual_time() as bubble:
        ticks = [ticker.recv() for _ in range(3)]
        sleep(3600)
        assert bubble.now == 3600.0
        assert ticks == sorted(ticks) and ticks[2] - ticks[0] >= BRIEF


def test_a_watchdog_from_outside_expires_in_real_time() -> None:
    watchdog = Watchdog(BRIEF)
    with virtual_time() as bubble:
        watchdog.beat()
        watchdog.expired.recv()
        assert bubble.now == 0.0


def test_a_timer_from_outside_is_set_by_its_own_clock() -> None:
    timer = Timer(3600)
    with virtual_time():
        timer.reset(BRIEF)
        due = timer.recv()
    assert heartbeat.now() - SOON < due <= heartbeat.now()


def test_what_is_due_outside_is_there_without_waiting() -> None:
    timer = Timer(0)
    with virtual_time():
        assert timer.try_recv() is not None
        assert select(Timer(0), timer).index == 0


def test_time_stands_still_while_a_thread_waits_outside_too() -> None:
    outside = Timer(BRIEF)
    with virtual_time() as bubble:
        inside = Timer(1)
        chosen = go(select, inside, outside).result()
        assert chosen.index == 1 and bubble.now == 0.0
        assert inside.recv() == 1.0


def test_a_timeout_does_not_pass_while_its_thread_waits_outside() -> None:
    outside: Channel[str] = Channel()

    def send_later() -> None:
        sleep(BRIEF)
        outside.send("at last")

    sender = go(send_later)
    with virtual_time() as bubble:
        assert outside.recv(timeout=1e-6) == "at last"
        assert bubble.now == 0.0
    sender.join()


def test_how_long_somebody_waits_is_told_by_the_clock_of_who_waits() -> None:
    outside: Channel[None] = Channel()

    def wait_inside() -> None:
        with virtual_time():
            outside.recv()

    waiter = go(wait_inside)
    wait_for_receivers(outside)
    assert 0 <= outside.stats().longest_wait < SOON
    outside.send(None)
    waiter.result(SOON)


def test_a_channel_of_a_bubble_cannot_be_closed_from_outside() -> None:
    with virtual_time():
        inside: Channel[int] = Channel()
    with pytest.raises(heartbeat.Error, match="bubble"):
        inside.close()
    assert not inside.closed


def test_a_host_that_waits_outside_in_vain_is_told_of_the_standstill() -> None:
    """Although it wakes now and then, to look after signals: that is no step."""
    outside: Channel[None] = Channel()
    began = heartbeat.now()
    with pytest.raises(StallError), virtual_time(stall=0.5):
        outside.recv()
    assert 0.4 <= heartbeat.now() - began < SOON
