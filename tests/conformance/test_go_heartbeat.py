"""The monitor test of the go-heartbeat package, and what its users were let down by.

There a beat pulses on an interval, a monitor with twice that as its timeout reports health on a
channel. Its one test has two cases: a runner that behaves, and one that stops after a few pulses.
Here a healthy beat is no edge: the monitor speaks when that changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

import pytest

from heartbeat import Channel, Closed, Heartbeat, Monitor, go, select
from support import QUIET, SOON

INTERVAL, TIMEOUT = 0.1, 5.0  # a timeout that a busy machine does not overrun


def run(beat: Heartbeat, done: Channel[None], pulses: Iterator[int]) -> None:
    ticker = beat.pulse_interval()
    for _ in pulses:
        if select(done, ticker).index == 0:
            return
        beat.pulse()


def test_a_well_behaving_runner_stays_healthy() -> None:
    beat, done = Heartbeat(interval=INTERVAL), Channel[None]()
    with Monitor(beat, timeout=TIMEOUT) as monitor:
        runner = go(run, beat, done, count())
        for _ in range(5):
            beat.recv(timeout=SOON)
        assert monitor.status == "healthy" and monitor.try_recv() is None
        done.close()
        runner.result(SOON)


def test_a_runner_that_stops_is_unhealthy_once() -> None:
    beat = Heartbeat(interval=0.01)
    with Monitor(beat, timeout=0.2) as monitor:
        go(run, beat, Channel(), islice(count(), 3)).result(SOON)
        assert not monitor.recv(timeout=SOON).healthy
        with pytest.raises(TimeoutError):
            monitor.recv(timeout=QUIET)


def test_health_that_nobody_reads_holds_nothing_up() -> None:
    beat, other = Heartbeat(), Heartbeat()
    with Monitor(beat, timeout=0.05), Monitor(other, timeout=0.05) as read:
        for _ in range(3):  # meanwhile the first monitor has as much to tell, and nobody listens
            assert not read.recv(timeout=SOON).healthy
            beat.pulse()
            other.pulse()
            assert read.recv(timeout=SOON).healthy


def test_a_closed_beat_is_not_healthy() -> None:
    beat = Heartbeat()
    with Monitor(beat, timeout=TIMEOUT) as monitor:
        beat.pulse()
        beat.close()
        health = monitor.recv(timeout=SOON)
        assert (health.healthy, health.cause, monitor.status) == (False, "closed", "ended")


def test_closing_twice_is_no_error() -> None:
    beat = Heartbeat()
    monitor = Monitor(beat, timeout=TIMEOUT).start()
    assert monitor.close() and not monitor.close()
    assert beat.close() and not beat.close()
    with pytest.raises(Closed):
        monitor.start()


def test_the_item_that_comes_with_a_tick_is_not_lost() -> None:
    numbers, ticker, printed = Channel[int](), Heartbeat(interval=0.001).pulse_interval(), []
    go(lambda: (numbers.send_many(range(100)), numbers.close()))
    while (chosen := select(numbers, ticker)).index == 1 or chosen.ok:
        if chosen.index == 0:
            printed.append(chosen.value)
    assert printed == list(range(100))
