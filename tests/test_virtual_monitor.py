"""Monitors in a bubble of virtual time: verdicts at their very instant, in no time at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from heartbeat import Channel, DeadlockError, Health, Heartbeat, Monitor, Task, Worker, go, now, sleep
from heartbeat.testing import Bubble, virtual_time


@pytest.fixture
def bubble() -> Iterator[Bubble]:
    with virtual_time() as entered:
        yield entered


def beat_then_wait(beat: Heartbeat, channel: Channel[Any], silence: float = 0.0) -> None:
    sleep(silence)
    beat.pulse()
    channel.recv()
    beat.pulse()


# ---- silence ----

def test_a_deadlock_is_noticed_at_the_timeout(bubble: Bubble) -> None:
    jobs: Channel[int] = Channel(name="jobs")
    beat = Heartbeat("worker", timeout=10.0)
    with Monitor(beat) as monitor:
        task = go(beat_then_wait, beat, jobs, 2.5, name="waiter")
        health = monitor.recv()
        assert now() == 12.5
        assert (health.cause, health.since, health.silent_for, health.misses) == ("blocked", 2.5, 10.0, 1)
        assert "'waiter'" in health.where and "receive from channel 'jobs'" in health.where
        jobs.send(1)
        task.join()


def test_events_of_several_beats_come_oldest_first(bubble: Bubble) -> None:
    """However late they are read."""
    timeouts = [2.0, 4.0, 1.0, 3.0]
    with Monitor() as monitor:
        for timeout in timeouts:
            monitor.watch(Heartbeat(f"{timeout}", timeout=timeout))
        sleep(10.0)
        told = [monitor.recv() for _ in timeouts]
        assert monitor.status == "unhealthy"
    assert [health.beat.name for health in told] == ["1.0", "2.0", "3.0", "4.0"]
    assert [health.silent_for for health in told] == [1.0, 2.0, 3.0, 4.0]


def test_the_stack_of_a_silent_thread_is_told(bubble: Bubble) -> None:
    """Whoever falls asleep last speaks the verdict, on itself if need be."""
    jobs: Channel[int] = Channel()
    beats = [Heartbeat(f"beat {i}", timeout=1.0) for i in range(3)]
    with Monitor() as monitor:
        tasks = []
        for beat in beats:
            monitor.watch(beat)
            tasks.append(go(beat_then_wait, beat, jobs))
        for _ in beats:
            health = monitor.recv()
            assert health.cause == "blocked"
            assert health.stack and "beat_then_wait" in health.stack
        for task in tasks:
            jobs.send(1)
        for task in tasks:
            task.join()


def test_the_host_is_watched_as_well(bubble: Bubble) -> None:
    told: list[Health] = []
    beat = Heartbeat("host", timeout=1.0)
    with Monitor(beat, on_event=told.append):
        beat.pulse()
        sleep(5.0)
    assert [(health.cause, health.since) for health in told] == [("blocked", 0.0)]
    assert "sleep" in told[0].where


def test_a_recovery_lasts_to_the_very_pulse(bubble: Bubble) -> None:
    beat = Heartbeat(timeout=1.0)
    with Monitor(beat) as monitor:
        beat.pulse()
        assert monitor.recv().silent_for == 1.0
        sleep(0.125)
        beat.pulse()
        health = monitor.recv()
        assert health.healthy and health.silent_for == 1.125 and now() == 1.125


@pytest.mark.parametrize("misses", [1, 2, 7])
def test_misses_are_timeouts_in_a_row(bubble: Bubble, misses: int) -> None:
    beat = Heartbeat(timeout=0.5)
    with Monitor(beat, misses=misses) as monitor:
        beat.pulse()
        health = monitor.recv()
        assert now() == 0.5 * misses and health.misses == misses


def test_grace_is_for_the_first_pulse(bubble: Bubble) -> None:
    beat = Heartbeat(timeout=1.0)
    with Monitor(beat, grace=60.0) as monitor:
        sleep(59.0)
        assert monitor.status == "starting"
        assert not monitor.recv().healthy and now() == 60.0
        beat.pulse()
        assert monitor.recv().healthy
        assert not monitor.recv().healthy and now() == 61.0


def test_progress_counts_and_not_pulses(bubble: Bubble) -> None:
    beat = Heartbeat(timeout=1.0)

    def pulse_without_progress() -> None:
        for _ in range(10):
            beat.pulse()
            sleep(0.5)

    with Monitor() as monitor:
        monitor.watch(beat, progress=3.0)
        task = go(pulse_without_progress)
        health = monitor.recv()
        assert health.cause == "stuck" and now() == 3.0
        task.join()


def test_verdicts_keep_their_order(bubble: Bubble) -> None:
    beats = [Heartbeat(str(i), timeout=float(i)) for i in (5, 3, 1, 4, 2)]
    told: list[tuple[float, str | None]] = []
    with Monitor(on_event=lambda health: told.append((now(), health.beat.name))) as monitor:
        for beat in beats:
            monitor.watch(beat)
        sleep(10.0)
    assert told == [(float(i), str(i)) for i in (1, 2, 3, 4, 5)]


def test_check_and_status_tell_of_virtual_time(bubble: Bubble) -> None:
    beat = Heartbeat(timeout=2.0)
    with Monitor(beat) as monitor:
        beat.pulse()
        sleep(1.0)
        assert monitor.status == "late"
        [health] = monitor.check()
        assert health.healthy and health.silent_for == 1.0
        sleep(1.5)
        assert monitor.status_of(beat) == "unhealthy"
        [health] = monitor.check()
        assert not health.healthy and health.silent_for == 2.5


# ---- demand ----

def test_unmet_demand_is_told_at_the_timeout(bubble: Bubble) -> None:
    jobs: Channel[int] = Channel(5, name="jobs")
    with Monitor().demand(jobs, 10.0) as monitor:
        sleep(4.0)
        jobs.send(1)
        health = monitor.recv()
        assert health.beat is jobs and health.cause == "stuck"
        assert (now(), health.since, health.silent_for) == (14.0, 4.0, 10.0)
        sleep(1.0)
        jobs.recv()
        health = monitor.recv()
        assert health.healthy and health.silent_for == 11.0


def test_demand_that_is_met_is_silent_for_ever(bubble: Bubble) -> None:
    jobs: Channel[int] = Channel(1)
    told: list[Health] = []
    with Monitor(on_event=told.append).demand(jobs, 1.0):
        for i in range(1000):
            jobs.send(i)
            sleep(0.999)
            jobs.recv()
    assert told == []


def test_neither_monitors_nor_demands_hide_a_deadlock() -> None:
    """Once all has been said that can be, nobody ever runs again."""
    with pytest.raises(DeadlockError), virtual_time() as bubble:
        jobs: Channel[int] = Channel()
        beat = Heartbeat(timeout=30.0)
        with Monitor(beat, on_event=lambda health: None).demand(jobs, 5.0):
            jobs.recv()
    assert bubble.now == 30.0


def test_the_end_of_a_call_is_the_end_of_its_patience() -> None:
    """What the monitor would have said of an on_event that hangs does not keep time going."""
    with pytest.raises(DeadlockError), virtual_time() as bubble:
        jobs: Channel[int] = Channel()
        with Monitor(Heartbeat(timeout=30.0), on_event=lambda health: sleep(1.0)):
            jobs.recv()
    assert bubble.now == 31.0


# ---- many, and long ----

def test_a_thousand_seconds_of_pulses_take_none() -> None:
    began = time.monotonic()
    with virtual_time() as bubble:
        done: Channel[int] = Channel()
        told: list[Health] = []
        worker = Worker(lambda ctx: ctx.recv(done), interval=1.0, timeout=1.5, name="long").start()
        with Monitor(worker, on_event=told.append):
            sleep(1000.5)
            stats = worker.beat.stats()
            assert (stats.pulses, stats.longest_gap, stats.last_pulse_age) == (1000, 1.0, 0.5)
            worker.stop()
            bubble.wait()
    assert [health.cause for health in told] == ["exited"]
    assert time.monotonic() - began < 10.0


@pytest.mark.parametrize("schedule", ["random", "pct"])
@pytest.mark.parametrize("seed", range(5))
def test_one_seed_is_one_course_of_things(schedule: Literal["random", "pct"], seed: int) -> None:
    """Beats that fall silent or recover at one instant are told of in one order."""
    def run() -> list[tuple[float, str | None, bool]]:
        told: list[tuple[float, str | None, bool]] = []
        with virtual_time(seed=seed, schedule=schedule):
            jobs: Channel[int] = Channel()
            beats = [Heartbeat(str(i), timeout=0.5 + i // 2) for i in range(4)]
            with Monitor(on_event=lambda health: told.append((now(), health.beat.name, health.healthy))) as monitor:
                tasks: list[Task[None]] = []
                for beat in beats:
                    monitor.watch(beat)
                    tasks.append(go(beat_then_wait, beat, jobs, 0.25))
                sleep(3.0)
                for _ in beats:
                    jobs.send(0)
                for task in tasks:
                    task.join()
        return told

    first = run()
    assert len(first) >= 4
    for _ in range(10):
        assert run() == first
