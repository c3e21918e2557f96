"""Heartbeats, workers, watchdogs and after_func on virtual time: every wait of theirs ends at its instant."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest

from heartbeat import (Channel, DeadlockError, Heartbeat, Monitor, Stopped, Watchdog, Worker, WorkerContext, after_func,
                       go, now, sleep)
from heartbeat.testing import Bubble, LeakError, virtual_time


@pytest.fixture
def bubble() -> Iterator[Bubble]:
    with virtual_time() as entered:
        yield entered


# ---- heartbeats ----

def test_stats_are_in_virtual_seconds(bubble: Bubble) -> None:
    beat = Heartbeat("counted")
    for seconds in (1.0, 2.0, 3.0):
        with beat.unit("load"):
            sleep(seconds)
        sleep(1.0)
    stats = beat.stats()
    assert stats.units == 3 and (stats.busy, stats.idle) == (6.0, 3.0)
    assert (stats.unit_seconds.min, stats.unit_seconds.mean, stats.unit_seconds.max) == (1.0, 2.0, 3.0)
    assert (stats.last_pulse_age, stats.longest_gap) == (4.0, 4.0)
    assert stats.rate == pytest.approx(3 / 9)


def test_the_open_unit_tells_since_when(bubble: Bubble) -> None:
    beat = Heartbeat()
    sleep(7.0)
    with beat.unit("outer"):
        sleep(2.0)
        assert (beat.stats().unit, beat.stats().unit_since, beat.stats().busy) == ("outer", 7.0, 2.0)


def test_pulses_carry_their_instant(bubble: Bubble) -> None:
    beat = Heartbeat()

    def pulse_three_times() -> None:
        for _ in range(3):
            sleep(1.5)
            beat.pulse()
        beat.close()

    go(pulse_three_times)
    assert list(beat.pulses) == [1.5, 3.0, 4.5]
    assert now() == 4.5


def test_a_pulse_interval_ticks(bubble: Bubble) -> None:
    beat = Heartbeat(interval=0.25)
    ticker = beat.pulse_interval()
    assert [ticker.recv() for _ in range(4)] == [0.25, 0.5, 0.75, 1.0]


def test_pause_and_units_hold_the_verdict_off(bubble: Bubble) -> None:
    beat = Heartbeat(timeout=1.0)
    with Monitor(beat) as monitor:
        with beat.pause(60.0):
            sleep(59.0)
            assert monitor.status_of(beat) == "paused"
        with beat.unit("long", timeout=30.0):
            sleep(29.0)
            assert monitor.status == "healthy"
        sleep(0.25)
        assert monitor.try_recv() is None
        with beat.unit("too long", timeout=10.0):
            health = monitor.recv()
            assert health.cause == "overran" and health.unit == "too long"
            assert (health.silent_for, now()) == (10.0, 98.25)


# ---- workers ----

def test_a_worker_pulses_on_its_interval_while_it_waits(bubble: Bubble) -> None:
    jobs: Channel[int] = Channel()
    with Worker(lambda ctx: ctx.recv(jobs), interval=0.5) as worker:
        assert [worker.pulses.recv() for _ in range(4)] == [0.5, 1.0, 1.5, 2.0]
        sleep(0.75)
        assert worker.beat.stats().pulses == 5 and worker.beat.stats().last_pulse_age == 0.25
        jobs.send(1)
        worker.join()
        assert worker.state == "returned"


def test_a_generators_units_take_their_time(bubble: Bubble) -> None:
    def work(ctx: WorkerContext) -> Iterator[int]:
        for i in range(4):
            ctx.sleep(2.0)
            yield i

    worker = Worker(work, name="slow")
    assert list(worker) == [0, 1, 2, 3]
    stats = worker.beat.stats()
    assert stats.units >= 4 and stats.unit_seconds.max == 2.0 and stats.busy == 8.0
    assert now() == 8.0


def test_a_generator_that_never_waits_gives_way(bubble: Bubble) -> None:
    """Virtual time stands still for it; the interpreter lock is given up all the same."""
    stop: Channel[int] = Channel()

    def count(ctx: WorkerContext) -> Iterator[int]:
        n = 0
        while not ctx.stopping:
            yield (n := n + 1)

    worker = Worker(count, results=None, done=stop).start()
    assert worker.results.recv() == 1
    stop.close()
    worker.join()
    assert now() == 0.0


def test_waits_of_a_worker_time_out_and_stop(bubble: Bubble) -> None:
    ended: list[tuple[str, float]] = []

    def work(ctx: WorkerContext) -> None:
        try:
            ctx.recv(Channel[int](), timeout=3.0)
        except TimeoutError:
            ended.append(("timeout", now()))
        try:
            ctx.sleep(1000.0)
        except Stopped:
            ended.append(("stopped", now()))

    worker = Worker(work).start()
    sleep(5.0)
    worker.stop()
    worker.join()
    assert ended == [("timeout", 3.0), ("stopped", 5.0)]


def test_join_times_out_in_virtual_time(bubble: Bubble) -> None:
    hold: Channel[int] = Channel()
    worker = Worker(lambda ctx: ctx.recv(hold)).start()
    with pytest.raises(TimeoutError):
        worker.join(3600.0)
    assert now() == 3600.0
    worker.stop()
    worker.join()


def test_a_worker_that_is_left_is_a_leak() -> None:
    with pytest.raises(LeakError, match="forgotten"), virtual_time():
        Worker(lambda ctx: ctx.recv(Channel[int]()), name="forgotten").start()


# ---- watchdogs ----

def test_a_watchdog_expires_at_its_instant(bubble: Bubble) -> None:
    watchdog = Watchdog(10.0)
    sleep(4.0)
    watchdog.beat()
    assert watchdog.expired.recv() == 14.0 and now() == 14.0
    assert watchdog.recv() == 24.0
    assert watchdog.stop()
    with pytest.raises(TimeoutError):
        watchdog.recv(timeout=100.0)


def test_an_election_has_one_leader_for_each_seed() -> None:
    """Followers with random timeouts: the seed decides who stands first, the same every time."""
    def elect(seed: int) -> tuple[int, float]:
        with virtual_time(seed=seed):
            votes: Channel[tuple[int, float]] = Channel(5)

            def follow(number: int) -> None:
                votes.send((number, Watchdog(1.5, jitter=1.5).recv()))

            tasks = [go(follow, number) for number in range(5)]
            for task in tasks:
                task.join()
            return votes.recv()

    winners = {seed: elect(seed) for seed in range(10)}
    assert all(1.5 <= instant <= 3.0 for _, instant in winners.values())
    assert len({number for number, _ in winners.values()}) > 1
    assert winners == {seed: elect(seed) for seed in range(10)}


# ---- after_func ----

def test_after_func_calls_at_its_instant(bubble: Bubble) -> None:
    called: list[tuple[str, float]] = []

    def note(name: str) -> None:
        called.append((name, now()))

    for name, d in (("late", 3600.0), ("early", 1.0), ("now", 0.0)):
        after_func(d, partial(note, name))
    sleep(3600.0)
    bubble.wait()
    assert called == [("now", 0.0), ("early", 1.0), ("late", 3600.0)]


def test_after_func_can_be_stopped_and_moved(bubble: Bubble) -> None:
    called: list[float] = []
    timer = after_func(5.0, lambda: called.append(now()))
    assert timer.active and timer.due == 5.0
    sleep(4.0)
    assert timer.reset(5.0) and timer.due == 9.0
    sleep(4.0)
    assert timer.stop() and not timer.stop()
    assert not timer.reset(2.0)
    sleep(10.0)
    assert called == [10.0]


def test_a_call_of_after_func_takes_part(bubble: Bubble) -> None:
    """It may wait as any participant, its thread ends with it, and time goes on only for what is due."""
    told: Channel[float] = Channel()

    def call() -> None:
        sleep(10.0)
        told.send(now())

    after_func(1.0, call)
    assert told.recv() == 11.0
    with pytest.raises(DeadlockError):
        told.recv()
    assert now() == 11.0


def test_a_repeating_after_func(bubble: Bubble) -> None:
    called: list[float] = []

    def call() -> None:
        called.append(now())
        if len(called) < 5:
            timer.reset(2.0)

    timer = after_func(2.0, call)
    sleep(100.0)
    assert called == [2.0, 4.0, 6.0, 8.0, 10.0]


def test_what_is_still_to_be_called_ends_with_the_bubble() -> None:
    called: list[float] = []
    with virtual_time():
        timer = after_func(5.0, lambda: called.append(now()))
        sleep(1.0)
    assert not timer.active and called == []


def test_a_call_from_outside_stays_there() -> None:
    ident: Channel[int] = Channel(1)
    timer = after_func(3600.0, lambda: ident.send(threading.get_ident()))
    with virtual_time():
        sleep(7200.0)
        assert timer.active
        assert timer.reset(0.0)
        ident.recv()
        assert now() == 7200.0
