"""Silence, recovery and ends become events: edges, one for each change, whoever reads them when."""

from __future__ import annotations

import gc
import math
import threading
import weakref
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Self

import pytest

from heartbeat import Channel, Closed, Error, Health, Heartbeat, Monitor, Revoked, Source, Worker, go, now, select, sleep
from support import QUIET, SOON, wait_until

SHORT = 0.05  # seconds of silence that are a stall here


def pulse_until(beat: Heartbeat, done: Channel[Any], interval: float = SHORT / 10) -> None:
    """Keep a beat alive until a channel closes."""
    while True:
        beat.pulse()
        try:
            done.recv(timeout=interval)
        except TimeoutError:
            continue
        except Closed:
            return


class Watched:
    """A monitor, and every edge it tells, in order: who only receives may find a later one in its place."""

    def __init__(self, *beats: Heartbeat | Worker[Any], **options: Any) -> None:
        told: Channel[Health] = Channel(None)
        self.told = told
        self.monitor = Monitor(*beats, on_event=told.send, **{"timeout": SHORT, "grace": SOON, **options})

    def __enter__(self) -> Self:
        self.monitor.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.monitor.close()

    def next(self) -> Health:
        return self.told.recv(timeout=SOON)


@pytest.fixture
def beat() -> Iterator[Heartbeat]:
    with Heartbeat("heart") as opened:
        yield opened


def test_silence_is_told_with_its_times(beat: Heartbeat) -> None:
    with Monitor(beat, timeout=SHORT, grace=SOON) as monitor:
        earliest = now()
        beat.pulse()
        latest = now()
        health = monitor.recv(timeout=SOON)
        told = now()
    assert health.beat is beat and not health.healthy
    assert health.cause == "blocked" and health.misses >= 1 and health.unit is None
    assert earliest - 1e-3 <= health.since <= latest + 1e-3
    assert SHORT <= health.silent_for and health.since + health.silent_for <= told


def test_a_beat_that_pulses_is_never_told_of(beat: Heartbeat) -> None:
    """With a timeout a loaded machine cannot overrun."""
    done: Channel[Any] = Channel()
    with Monitor(beat, timeout=5.0) as monitor:
        task = go(pulse_until, beat, done)
        with pytest.raises(TimeoutError):
            monitor.recv(timeout=10 * QUIET)
        assert monitor.status == "healthy"
        done.close()
        task.result(SOON)


def test_the_first_pulse_has_the_grace(beat: Heartbeat) -> None:
    with Monitor(beat, timeout=SHORT, grace=8 * SHORT) as monitor:
        started = now()
        assert monitor.status == "starting"
        health = monitor.recv(timeout=SOON)
        assert now() - started >= 8 * SHORT - SHORT / 10 and not health.healthy


def test_grace_ends_with_the_first_pulse(beat: Heartbeat) -> None:
    with Monitor(beat, timeout=SHORT, grace=1000) as monitor:
        beat.pulse()
        assert SHORT <= monitor.recv(timeout=SOON).silent_for < SOON


def test_grace_counts_from_the_start(beat: Heartbeat) -> None:
    monitor = Monitor(beat, timeout=SHORT)
    sleep(2 * SHORT)
    assert monitor.try_recv() is None
    started = now()
    with monitor:
        monitor.recv(timeout=SOON)
        assert now() - started >= SHORT / 2


def test_it_takes_as_many_misses_as_were_asked_for(beat: Heartbeat) -> None:
    with Monitor(beat, timeout=SHORT, misses=5, grace=SOON) as monitor:
        beat.pulse()
        health = monitor.recv(timeout=SOON)
    assert health.misses >= 5 and health.silent_for >= 5 * SHORT


def test_recovery_tells_how_long_the_silence_was(beat: Heartbeat) -> None:
    with Watched(beat) as watched:
        beat.pulse()
        silence = watched.next()
        sleep(SHORT)
        before = now()
        beat.pulse()
        recovery = watched.next()
    assert recovery.beat is beat and recovery.healthy and recovery.cause is None
    assert recovery.since == silence.since
    assert recovery.silent_for >= before - silence.since - 1e-3 > SHORT


def test_recovery_tells_again_what_was_known(beat: Heartbeat) -> None:
    """Who could not run in the silence reads nothing else."""
    with Watched(beat) as watched:
        beat.pulse()
        silence = watched.next()
        beat.pulse()
        recovery = watched.next()
    assert silence.cause and recovery.where == f"was {silence.cause}: {silence.where}"
    assert recovery.stack == silence.stack


def test_events_are_edges(beat: Heartbeat) -> None:
    with Watched(beat) as watched:
        beat.pulse()
        assert not watched.next().healthy
        with pytest.raises(TimeoutError):
            watched.told.recv(timeout=4 * SHORT)
        beat.pulse()
        assert [watched.next().healthy for _ in range(2)] == [True, False]


def test_of_a_beat_nobody_reads_of_the_newest_event_is_kept(beat: Heartbeat) -> None:
    with Watched(beat) as watched:
        for _ in range(3):
            beat.pulse()
            while watched.next().healthy:
                pass
        beat.close()
        while watched.next().cause != "closed":
            pass
        health = watched.monitor.recv(timeout=SOON)
        assert (health.healthy, health.cause) == (False, "closed")
        assert watched.monitor.try_recv() is None


@pytest.mark.parametrize("watched_first", [True, False])
def test_an_orderly_end_is_no_silence(watched_first: bool) -> None:
    beat = Heartbeat()
    monitor = Monitor(beat, timeout=1000)
    if watched_first:
        monitor.start()
        beat.close()
    else:
        beat.close()
        monitor.start()
    health = monitor.recv(timeout=SOON)
    assert (health.beat, health.healthy, health.cause) == (beat, False, "closed")
    assert monitor.status_of(beat) == "ended"
    monitor.close()


def test_nothing_is_told_before_the_start(beat: Heartbeat) -> None:
    monitor = Monitor(beat, timeout=SHORT / 10)
    with pytest.raises(TimeoutError):
        monitor.recv(timeout=SHORT)
    assert monitor.status == "starting"
    monitor.close()


def test_unwatch(beat: Heartbeat) -> None:
    with Monitor(beat, timeout=SHORT) as monitor:
        wait_until(lambda: monitor.status == "unhealthy")
        assert monitor.unwatch(beat) and not monitor.unwatch(beat)
        with pytest.raises(TimeoutError):
            monitor.recv(timeout=2 * SHORT)
        monitor.watch(beat)
        assert not monitor.recv(timeout=SOON).healthy


def test_one_monitor_a_beat(beat: Heartbeat) -> None:
    first, second = Monitor(beat, timeout=1), Monitor(timeout=1)
    for monitor in first, second:
        with pytest.raises(Error):
            monitor.watch(beat)
    first.close()
    second.watch(beat)
    second.close()


def test_a_pause_is_no_silence(beat: Heartbeat) -> None:
    with Monitor(beat, timeout=SHORT, grace=SOON) as monitor:
        with beat.pause(1000):
            with pytest.raises(TimeoutError):
                monitor.recv(timeout=4 * SHORT)
            assert monitor.status == "paused" and monitor.check()[0].healthy
        assert not monitor.recv(timeout=SOON).healthy


def test_a_pause_ends_by_itself(beat: Heartbeat) -> None:
    begun = now()
    beat.pause(4 * SHORT)
    with Monitor(beat, timeout=SHORT) as monitor:
        assert not monitor.recv(timeout=SOON).healthy
        assert now() - begun >= 4 * SHORT


def test_a_unit_that_overruns_its_own_time(beat: Heartbeat) -> None:
    with Watched(beat, timeout=1000) as watched:
        with beat.unit("load", timeout=SHORT):
            beat.pulse()
            health = watched.next()
        assert (health.healthy, health.cause, health.unit) == (False, "overran", "load")
        assert watched.next().healthy


def test_a_unit_may_take_longer_than_the_beat(beat: Heartbeat) -> None:
    with Monitor(beat, timeout=SHORT, grace=SOON) as monitor:
        with beat.unit("long", timeout=1000):
            with pytest.raises(TimeoutError):
                monitor.recv(timeout=4 * SHORT)
        assert monitor.recv(timeout=SOON).unit is None


def test_silence_within_a_unit_names_it(beat: Heartbeat) -> None:
    with Monitor(beat, timeout=SHORT) as monitor, beat.unit("outer"), beat.unit("inner"):
        assert monitor.recv(timeout=SOON).unit == "inner"


def test_pulses_without_progress(beat: Heartbeat) -> None:
    done: Channel[Any] = Channel()
    with Watched(timeout=SOON) as watched:
        watched.monitor.watch(beat, progress=0.2)
        beat.progress(1, 10)
        task = go(pulse_until, beat, done)
        health = watched.next()
        assert (health.healthy, health.cause) == (False, "stuck")
        beat.progress(2, 10)
        assert watched.next().healthy
        done.close()
        task.result(SOON)


def test_demand_nobody_serves() -> None:
    channel: Channel[int] = Channel(5, name="jobs")
    with Watched() as watched:
        monitor = watched.monitor
        assert monitor.demand(channel, SHORT) is monitor
        with pytest.raises(TimeoutError):
            watched.told.recv(timeout=2 * SHORT)  # nothing waits
        channel.send(1)
        health = watched.next()
        assert (health.beat, health.healthy, health.cause) == (channel, False, "stuck")
        assert "jobs" in health.where
        with pytest.raises(Error):
            monitor.demand(channel, SHORT)
        channel.recv()
        assert watched.next().healthy


def test_demand_that_is_served() -> None:
    channel: Channel[int] = Channel()
    with Monitor() as monitor:
        monitor.demand(channel, SOON)
        task = go(lambda: [channel.send(i) for i in range(20)])
        for _ in range(20):
            assert isinstance(channel.recv(timeout=SOON), int)
        task.result(SOON)
        assert monitor.try_recv() is None


def test_check_judges_now(beat: Heartbeat) -> None:
    other = Heartbeat("other")
    with Monitor(beat, timeout=1000) as monitor:
        monitor.watch(other, timeout=SHORT)
        beat.pulse()
        wait_until(lambda: monitor.status == "unhealthy")
        verdicts = monitor.check()
        assert [health.beat for health in verdicts] == [beat, other]
        assert [health.healthy for health in verdicts] == [True, False]
        assert monitor.status_of(beat) == "healthy" and monitor.status_of(other) == "unhealthy"
        assert monitor.recv(timeout=SOON).beat is other and monitor.try_recv() is None


def test_late_comes_before_unhealthy(beat: Heartbeat) -> None:
    seen = []
    with Monitor(beat, timeout=0.4, grace=SOON) as monitor:
        beat.pulse()
        while "unhealthy" not in seen:
            if not seen or seen[-1] != monitor.status:
                seen.append(monitor.status)
            sleep(0.001)
    assert "late" in seen and seen[-1] == "unhealthy" and set(seen) <= {"healthy", "late", "unhealthy"}


class Employer:
    """Has a beat, and a timeout of its own."""

    def __init__(self, timeout: float | None) -> None:
        self.beat = Heartbeat("employee")
        self.timeout = timeout


def test_whatever_has_a_beat_can_be_watched() -> None:
    employer = Employer(SHORT)
    with Monitor(employer) as monitor:
        assert monitor.status_of(employer) == monitor.status_of(employer.beat) == "starting"
        assert monitor.recv(timeout=SOON).beat is employer.beat
        assert monitor.unwatch(employer)


@pytest.mark.parametrize(("work", "cause"), [(lambda ctx: None, "exited"), (lambda ctx: 1 // 0, "raised")])
def test_the_end_of_a_worker_tells_how(work: Callable[..., Any], cause: str) -> None:
    worker = Worker(work, timeout=SOON)
    with Monitor(worker) as monitor:
        worker.start()
        health = monitor.recv(timeout=SOON)
    assert health.beat is worker.beat and (health.healthy, health.cause) == (False, cause)
    worker.join(SOON)
    assert (worker.exception is not None) == (cause == "raised")


def test_a_worker_that_hangs_outside_the_engine() -> None:
    gate = threading.Event()
    with Worker(lambda ctx: gate.wait(), interval=0.01, timeout=SHORT, name="hanging") as worker:
        with Watched(worker, timeout=None, grace=None) as watched:
            health = watched.next()
            assert (health.beat, health.cause) == (worker.beat, "missed") and "'hanging'" in health.where
            gate.set()
            while watched.next().cause != "exited":
                pass


def test_a_worker_that_waits_on_duty_is_healthy() -> None:
    jobs: Channel[int] = Channel()
    with Worker(lambda ctx: ctx.recv(jobs), interval=0.01, timeout=5.0) as worker, Monitor(worker) as monitor:
        with pytest.raises(TimeoutError):
            monitor.recv(timeout=5 * QUIET)
        wait_until(lambda: monitor.status == "healthy")


def test_the_timeout_of_the_beat_serves_when_none_is_given() -> None:
    with Heartbeat(timeout=SHORT) as beat, Monitor(beat) as monitor:
        assert SHORT <= monitor.recv(timeout=SOON).silent_for < SOON


def test_a_monitor_is_a_source(beat: Heartbeat) -> None:
    with Monitor(beat, timeout=SHORT, name="watcher") as monitor:
        assert isinstance(monitor, Source) and monitor.health is monitor
        index, health, ok = select(Channel(), monitor.health, timeout=SOON)
        assert (index, ok) == (1, True) and isinstance(health, Health)
        assert health == tuple(health) and health._fields[0] == "beat"
        assert "watcher" in repr(monitor) and "running" in repr(monitor)


def test_iteration_ends_with_the_monitor(beat: Heartbeat) -> None:
    monitor = Monitor(beat, timeout=SHORT).start()
    told = []
    for health in monitor:
        told.append(health.beat)
        beat.pulse()
        if len(told) == 4:
            monitor.close()
    assert set(told) == {beat} and len(told) >= 4


def test_many_beats() -> None:
    beats = [Heartbeat() for _ in range(2000)]
    silent = set(beats[::100])
    done: Channel[Any] = Channel()

    def pulse_all() -> None:
        while not done.closed:
            for beat in beats:
                if beat not in silent:
                    beat.pulse()
            sleep(0.01)

    monitor = Monitor(timeout=5.0)
    for beat in beats:
        monitor.watch(beat, timeout=0.1 if beat in silent else None)
    with monitor:
        task = go(pulse_all)
        told = {monitor.recv(timeout=SOON).beat for _ in silent}
        assert told == silent and monitor.try_recv() is None
        stats = monitor.stats()
        assert stats.watched == 2000 and stats.looks >= 20 and stats.rounds > 0 and stats.verdicts >= 20
        done.close()
        task.result(SOON)


def test_the_monitor_keeps_what_it_watches() -> None:
    kept = weakref.ref(beat := Heartbeat("kept", timeout=SHORT))
    with Monitor(beat) as monitor:
        del beat
        gc.collect()
        assert kept() is not None
        assert not monitor.recv(timeout=SOON).healthy
    gc.collect()
    assert kept() is None


def test_an_ended_beat_is_given_up() -> None:
    kept = weakref.ref(beat := Heartbeat("kept", timeout=SHORT))
    with Monitor(beat) as monitor:
        beat.close()
        del beat
        assert monitor.recv(timeout=SOON).cause == "closed"
        gc.collect()
        assert kept() is None


# ---- on_event ----


def test_on_event_gets_every_edge_in_order(beat: Heartbeat) -> None:
    told: Channel[Health] = Channel(None)
    with Monitor(beat, timeout=SHORT, on_event=told.send) as monitor:
        for _ in range(3):
            assert not told.recv(timeout=SOON).healthy
            beat.pulse()
            assert told.recv(timeout=SOON).healthy
        beat.close()
        while (last := told.recv(timeout=SOON)).cause != "closed":
            assert last.cause in ("blocked", "missed", None)
        assert monitor.recv(timeout=SOON).beat is beat


def test_on_event_runs_on_a_thread_of_its_own(beat: Heartbeat) -> None:
    told: Channel[int] = Channel(None)
    with Monitor(beat, timeout=SHORT, on_event=lambda health: told.send(threading.get_ident())):
        assert told.recv(timeout=SOON) != threading.get_ident()


def test_on_event_that_raises_goes_on(beat: Heartbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: Channel[Any] = Channel(None)
    monkeypatch.setattr(threading, "excepthook", raised.send)

    def fail(health: Health) -> None:
        raise ValueError(health.healthy)

    with Monitor(beat, timeout=SHORT, on_event=fail, name="failing"):
        first = raised.recv(timeout=SOON)
        beat.pulse()
        second = raised.recv(timeout=SOON)
    assert [report.exc_value.args for report in (first, second)] == [(False,), (True,)]
    assert first.thread.name == "failing"


def test_on_event_that_does_not_return_is_told(beat: Heartbeat) -> None:
    gate: Channel[None] = Channel()
    with Monitor(beat, timeout=SHORT, on_event=lambda health: select(gate)) as monitor:
        assert monitor.recv(timeout=SOON).beat is beat
        health = monitor.recv(timeout=SOON)
        assert isinstance(health.beat, Heartbeat) and health.beat.name == "on_event"
        assert (health.healthy, health.cause) == (False, "overran") and health.silent_for >= 1
        gate.close()
        assert monitor.recv(timeout=SOON).healthy


# ---- bad input ----


@pytest.mark.parametrize(("make", "error", "words"), [
    (lambda: Monitor(Heartbeat()), ValueError, "timeout"),
    (lambda: Monitor(Heartbeat(timeout=1), timeout=0), ValueError, "timeout"),
    (lambda: Monitor(Heartbeat(), timeout=-1), ValueError, "timeout"),
    (lambda: Monitor(Heartbeat(), timeout=math.nan), ValueError, "timeout"),
    (lambda: Monitor(Heartbeat(), timeout=math.inf), ValueError, "timeout"),
    (lambda: Monitor(Heartbeat(), timeout="soon"), TypeError, "timeout"),
    (lambda: Monitor(Heartbeat(), timeout=10**30), OverflowError, "timeout"),
    (lambda: Monitor(Heartbeat(interval=2.5), timeout=1.5), ValueError, "2.5.*1.5"),
    (lambda: Monitor(Heartbeat(), timeout=1, grace=-1), ValueError, "grace"),
    (lambda: Monitor(Heartbeat(), timeout=1, misses=0), ValueError, "misses"),
    (lambda: Monitor(Heartbeat(), timeout=1, misses=1.5), TypeError, "misses"),
    (lambda: Monitor(Heartbeat(), timeout=1, misses=2**70), ValueError, "misses"),
    (lambda: Monitor(Heartbeat(), timeout=1, on_event=3), TypeError, "on_event"),
    (lambda: Monitor(Heartbeat(), timeout=1, name=3), TypeError, "name"),
    (lambda: Monitor(3, timeout=1), TypeError, "beat"),
    (lambda: Monitor(Channel(), timeout=1), TypeError, "beat"),
    (lambda: Monitor().watch(Heartbeat()), ValueError, "timeout"),
    (lambda: Monitor().watch(Heartbeat(), timeout=1, progress=0), ValueError, "progress"),
    (lambda: Monitor().watch(Heartbeat(), timeout=1, misses=0), ValueError, "misses"),
    (lambda: Monitor().watch(), TypeError, "beat"),
    (lambda: Monitor().unwatch(3), TypeError, "beat"),
    (lambda: Monitor().status_of(None), TypeError, "beat"),
    (lambda: Monitor().demand(Heartbeat(), 1), TypeError, "Channel"),
    (lambda: Monitor().demand(Channel(), 0), ValueError, "timeout"),
    (lambda: Monitor().demand(Channel(), None), ValueError, "timeout"),
    (lambda: Monitor().demand(Channel()), TypeError, "timeout"),
    (lambda: Monitor(unknown=1), TypeError, "unknown"),
])
def test_bad_input_is_refused(make: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("timeout", [timedelta(seconds=1), 1, 1.0])
def test_times_are_seconds_of_any_kind(timeout: Any) -> None:
    Monitor(Heartbeat(), timeout=timeout, grace=timeout).start().close()


def test_a_beat_that_has_ended_is_refused() -> None:
    beat = Heartbeat("ended")
    beat.close()
    with pytest.raises((Closed, Revoked)):
        Monitor(beat, timeout=1)
