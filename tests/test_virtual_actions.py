"""What monitors in a bubble do at a verdict, and what goes on in real time beside them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

import heartbeat
from heartbeat import Channel, DeadlockError, Error, Health, Heartbeat, Monitor, Stopped, now, sleep, watch_gil
from heartbeat.testing import Bubble, LeakError, virtual_time
from support import wait_until


@pytest.fixture
def bubble() -> Iterator[Bubble]:
    with virtual_time() as entered:
        yield entered


# ---- on_event, actions ----

def test_on_event_is_called_at_the_instant(bubble: Bubble) -> None:
    told: list[tuple[float, bool]] = []
    beat = Heartbeat(timeout=1.0)
    monitor = Monitor(beat, on_event=lambda health: told.append((now(), health.healthy))).start()
    sleep(4.0)
    beat.pulse()
    bubble.wait()
    assert told == [(1.0, False), (4.0, True)]
    assert monitor.close()


def test_on_event_can_take_its_time_and_be_told_of(bubble: Bubble) -> None:
    """While it hangs, the monitor's own verdict on it is for others."""
    told: list[float] = []

    def slow(health: Health) -> None:
        sleep(2.0)
        told.append(now())

    beats = [Heartbeat(timeout=1.0), Heartbeat(timeout=1.5)]
    with Monitor(on_event=slow) as monitor:
        for beat in beats:
            monitor.watch(beat)
        sleep(10.0)
    assert told == [3.0, 5.0]


def test_a_monitor_that_is_left_running_is_no_leak() -> None:
    told: list[float] = []
    with virtual_time():
        beat = Heartbeat(timeout=1.0)
        monitor = Monitor(beat, on_event=lambda health: told.append(now())).start()
        sleep(5.0)
    assert monitor.closed and told == [1.0]


def test_a_call_of_on_event_that_hangs_is_a_leak() -> None:
    held: list[Any] = []

    def hang(health: Health) -> None:
        with suppress(Stopped):
            Channel[int]().recv()

    with pytest.raises(LeakError, match="hb-on-event"), virtual_time():
        beat = Heartbeat(timeout=1.0)
        held += [beat, Monitor(beat, on_event=hang).start()]
        sleep(5.0)


def test_actions_act_for_real(bubble: Bubble) -> None:
    reader, writer = os.pipe()
    beat = Heartbeat("silent one", timeout=3600.0)
    with Monitor(beat).notify(writer, b"silent\n").dump(writer):
        sleep(3599.0)
        os.set_blocking(reader, False)
        with pytest.raises(BlockingIOError):
            os.read(reader, 1)
        sleep(1.0)
        said = os.read(reader, 65536).decode()
    os.close(reader)
    os.close(writer)
    assert said.startswith("silent\nthreads:\n") and "'silent one'" in said


def test_a_signal_reaches_its_handler(bubble: Bubble) -> None:
    came: list[float] = []
    before = signal.signal(signal.SIGUSR2, lambda signum, frame: came.append(now()))
    try:
        beat = Heartbeat(timeout=10.0)
        with Monitor(beat).signal(signal.SIGUSR2):
            sleep(20.0)
        assert came and came[0] >= 10.0
    finally:
        signal.signal(signal.SIGUSR2, before)


# ---- real time goes on beside it ----

def test_watch_gil_stays_in_real_time(bubble: Bubble) -> None:
    """The interpreter lock is no matter of virtual time, so its thread does not keep that going."""
    with watch_gil(0.5) as monitor:
        sleep(3600.0)
        assert now() == 3600.0
        assert monitor.status in {"starting", "healthy", "late"}
        with pytest.raises(DeadlockError):
            Channel[int]().recv()


def test_monitors_outside_see_nothing_of_a_bubble() -> None:
    outside = Heartbeat("outside", timeout=3600.0)
    with Monitor(outside) as monitor, virtual_time():
        inside = Heartbeat("inside", timeout=1.0)
        with pytest.raises(Error):
            monitor.watch(inside)
        with Monitor() as virtual, pytest.raises(Error):
            virtual.watch(outside)
        sleep(10_000.0)
        outside.pulse()
        assert monitor.status == "healthy"
        assert [stats.name for stats in heartbeat.snapshot()] == ["inside"]
    assert "outside" in [stats.name for stats in heartbeat.snapshot()]
    assert "inside" not in [stats.name for stats in heartbeat.snapshot()]


def test_dump_shows_the_beats_of_its_own_time() -> None:
    def dumped() -> str:
        reader, writer = os.pipe()
        heartbeat.dump(writer)
        os.close(writer)
        with open(reader) as text:
            return text.read().partition("beats:\n")[2]

    outside = Heartbeat("outside")
    with virtual_time():
        inside = Heartbeat("inside")
        sleep(5.0)
        assert "'inside'" in dumped() and "silent for 5.000 s" in dumped() and "'outside'" not in dumped()
    assert "'outside'" in dumped() and "'inside'" not in dumped()
    assert not inside.closed and not outside.closed


def test_a_monitor_in_real_time_works_on_afterwards() -> None:
    with virtual_time():
        beat = Heartbeat(timeout=1.0)
        with Monitor(beat) as monitor:
            monitor.recv()
    beat = Heartbeat(timeout=0.05)
    with Monitor(beat) as monitor:
        wait_until(lambda: monitor.status == "unhealthy")
