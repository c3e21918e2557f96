"""Go src/time/tick_test.go, TestChan: timers and tickers as channels, step by step and each step
for both.

The original runs all steps one after the other on one timer. In Go these steps differ between old
timers, whose channel may hold a stale value, and new ones; ours are like the new ones: no draining
after stop or reset.
"""

from __future__ import annotations

from typing import Any

import heartbeat
import pytest
from go_helpers import QUIET, WAIT, Program, no_waiters, stays_quiet, until, until_receivers
from heartbeat import Channel, Ticker, Timer, select

FAR = 10_000.0
SOON = 1e-9
EMPTY = object()


class TickerAsTimer:
    """A ticker with the timer's answers: stop and reset say whether it was running."""

    def __init__(self, period: float) -> None:
        self.source = Ticker(period)
        self.running = True

    def stop(self) -> bool:
        was_running, self.running = self.running, False
        assert self.source.stop() is None
        return was_running

    def reset(self, period: float) -> bool:
        was_running, self.running = self.running, True
        assert self.source.reset(period) is None
        return was_running


class TimerItself:
    def __init__(self, seconds: float) -> None:
        self.source = Timer(seconds)
        self.stop, self.reset = self.source.stop, self.source.reset


Timed = TimerItself | TickerAsTimer
kinds = pytest.mark.parametrize("kind", [TimerItself, TickerAsTimer], ids=["Timer", "Ticker"])


def no_tick(timed: Timed) -> None:
    assert timed.source.try_recv(EMPTY) is EMPTY


def tick(timed: Timed) -> None:
    assert timed.source.recv(timeout=WAIT) <= heartbeat.now()


def past_due(timed: Timed) -> None:
    """Make it due, and let the moment pass without looking."""
    timed.reset(SOON)
    heartbeat.sleep(0.002)


def waiting_select(program: Program, timed: Timed, got: Channel[Any], stop: Channel[Any]) -> None:
    """One more thread that waits for the timer or for `stop`, parked when this returns."""
    before = stop.stats().waiting_receivers

    def run() -> None:
        first = select(timed.source, stop)
        if first.source is timed.source:
            got.send(first.value)

    program.go(run)
    until(lambda: stop.stats().waiting_receivers > before)


@kinds
def test_stop_then_reset_far(kind: type[Timed]) -> None:
    timed = kind(FAR)
    timed.stop()
    no_tick(timed)
    timed.reset(FAR)
    no_tick(timed)


@kinds
def test_reset_soon_ticks(kind: type[Timed]) -> None:
    timed = kind(FAR)
    past_due(timed)
    tick(timed)


@kinds
def test_reset_far_drops_what_was_due(kind: type[Timed]) -> None:
    """For a ticker a second tick is due too by then."""
    timed = kind(FAR)
    past_due(timed)
    tick(timed)
    heartbeat.sleep(0.002)
    timed.reset(FAR)
    no_tick(timed)


@kinds
def test_reset_reaches_a_blocked_receiver(kind: type[Timed]) -> None:
    """A thread waits for a distant instant: a reset further away leaves it there, a reset to now
    wakes it.
    """
    with Program() as program:
        timed, done = kind(FAR), program.chan(1)
        program.go(lambda: done.send(timed.source.recv()))
        assert stays_quiet(done)
        timed.reset(2 * FAR)
        assert stays_quiet(done)
        timed.reset(SOON)
        assert done.recv(timeout=WAIT) <= heartbeat.now()
        if kind is TickerAsTimer:
            tick(timed)
        else:
            no_tick(timed)
        timed.stop()
        no_tick(timed)


@kinds
def test_two_selects_wait(kind: type[Timed]) -> None:
    """Of two that wait for one timer one gets the value; a ticker may serve both."""
    with Program() as program:
        timed, got, stop = kind(FAR), program.chan(2), program.chan()
        for _ in range(2):
            waiting_select(program, timed, got, stop)
        assert stays_quiet(got)
        timed.reset(0.005)
        assert got.recv(timeout=WAIT) <= heartbeat.now()
        if kind is TimerItself:
            assert stays_quiet(got)
            until_receivers(stop, 1)
        timed.stop()
        stop.close()
        program.join()
        assert len(got) <= (1 if kind is TickerAsTimer else 0)
        no_tick(timed)


@kinds
def test_waiting_for_a_stopped_timer(kind: type[Timed]) -> None:
    with Program() as program:
        timed, got, stop = kind(FAR), program.chan(2), program.chan()
        timed.stop()
        for _ in range(2):
            waiting_select(program, timed, got, stop)
        assert stays_quiet(got)
        stop.close()
        program.join()
        assert len(got) == 0 and no_waiters(stop)


@kinds
def test_stop_blocks_the_old_value(kind: type[Timed]) -> None:
    """Go issue 37196: due but not received still counts as running, and stopping takes the value
    back.
    """
    timed = kind(FAR)
    past_due(timed)
    assert timed.stop() is True
    no_tick(timed)
    assert timed.stop() is False


@kinds
def test_reset_alone_blocks_the_old_value(kind: type[Timed]) -> None:
    """No stop in between, and nobody looked: what was due before the reset must not come out after
    it.
    """
    timed = kind(FAR)
    past_due(timed)
    assert timed.reset(3600) is True
    no_tick(timed)
    assert timed.stop() is True


@kinds
def test_reset_blocks_the_old_value(kind: type[Timed]) -> None:
    timed = kind(FAR)
    past_due(timed)
    timed.stop()
    timed.reset(3600)
    no_tick(timed)
    assert timed.reset(SOON) is True
    tick(timed)


@kinds
def test_reset_after_the_value_was_received(kind: type[Timed]) -> None:
    """A timer has run out then; a ticker ticks on until it is reset."""
    timed = kind(FAR)
    past_due(timed)
    tick(timed)
    heartbeat.sleep(0.002)
    if kind is TickerAsTimer:
        tick(timed)
    else:
        no_tick(timed)
    heartbeat.sleep(0.002)
    assert timed.reset(3600) is (kind is TickerAsTimer)
    no_tick(timed)


@kinds
def test_stopped_before_it_was_due(kind: type[Timed]) -> None:
    timed = kind(WAIT)
    timed.stop()
    timed.reset(QUIET / 2)
    timed.stop()
    assert stays_quiet(timed.source)
