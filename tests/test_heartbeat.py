"""Heartbeats: a sign of life that costs nothing and never blocks, its end, and what it tells of itself."""

from __future__ import annotations

import datetime
import math
import weakref
from typing import Any

import pytest

from heartbeat import (
    Channel,
    Closed,
    Heartbeat,
    HeartbeatStats,
    Pulses,
    Source,
    Ticker,
    go,
    now,
    select,
    send,
    snapshot,
)
from support import QUIET, SOON, wait_until

ROUNDING = 1e-6  # an instant in seconds has not all digits of one in nanoseconds


def pass_time(seconds: float) -> None:
    """Spend the time in a wait for something else."""
    with pytest.raises(TimeoutError):
        Channel[None]().recv(timeout=seconds)


# ---- making one ----


def test_what_it_is_given_can_be_read() -> None:
    beat = Heartbeat("worker", interval=0.5, timeout=datetime.timedelta(seconds=2), keep=0)
    assert (beat.name, beat.interval, beat.timeout, beat.closed) == ("worker", 0.5, 2.0, False)
    assert isinstance(beat, Source) and isinstance(beat.pulses, Pulses)
    assert beat.pulses is beat.pulses


@pytest.mark.parametrize("none", [None, math.inf])
def test_it_needs_nothing(none: Any) -> None:
    beat = Heartbeat(None, interval=none, timeout=none)
    assert (beat.name, beat.interval, beat.timeout) == (None, None, None)
    assert (Heartbeat().name, Heartbeat().pulses.name) == (None, None)


def test_the_interval_may_be_as_long_as_the_timeout() -> None:
    assert Heartbeat(interval=1, timeout=1).interval == 1
    assert Heartbeat(interval=1000).timeout is None


def test_an_interval_longer_than_the_timeout_is_refused_by_both_values() -> None:
    with pytest.raises(ValueError, match=r"interval \(2 s\) .*timeout \(1\.5 s\)"):
        Heartbeat(interval=2, timeout=1.5)


def test_any_text_is_a_name() -> None:
    for name in ("", "ä" * 100, "\0", "a\nb"):
        beat = Heartbeat(name)
        assert beat.name == name and beat.stats().name == name
        assert beat.unit(name).__enter__() and (beat.stats().unit or "") in name
        assert repr(name) in repr(beat)


# ---- pulses ----


def test_a_pulse_needs_nobody() -> None:
    beat = Heartbeat()
    for _ in range(100_000):
        assert beat.pulse() is None
    assert beat.stats().pulses == 100_000


def test_a_pulse_does_not_wait_for_who_listens() -> None:
    beat = Heartbeat()
    task = go(beat.recv)
    wait_until(lambda: beat.pulses.waiting == 1)
    assert beat.pulse() is None  # with the listener not yet awake, and this thread still attached
    assert task.result(SOON) <= now()


def test_the_value_is_the_instant_of_the_pulse() -> None:
    beat = Heartbeat()
    for wait in (0, 0.001, 0.02):
        before = now()
        beat.pulse()
        after = now()
        pass_time(wait)
        assert before - ROUNDING <= beat.recv(timeout=SOON) <= after + ROUNDING


def test_receiving_from_a_heartbeat_is_receiving_its_pulses() -> None:
    beat = Heartbeat()
    beat.pulse()
    assert beat.recv(timeout=SOON) and beat.pulses.try_recv() is None
    beat.pulse()
    assert select(beat).source is beat and beat.try_recv("none") == "none"
    beat.pulse()
    assert next(beat) and beat.pulses.try_recv() is None


# ---- the end ----


def test_it_is_closed_once() -> None:
    beat = Heartbeat("worker")
    assert beat.close() is True and beat.close() is False and beat.closed


def test_a_with_block_closes_it() -> None:
    with Heartbeat() as beat:
        beat.pulse()
    assert beat.closed
    with pytest.raises(LookupError), Heartbeat() as beat:
        raise LookupError
    assert beat.closed
    with Heartbeat() as beat:
        assert beat.close()


def test_nothing_can_be_told_by_a_closed_heartbeat() -> None:
    beat = Heartbeat("worker", interval=1)
    beat.pulse()
    beat.close()
    for tell in (beat.pulse, lambda: beat.progress(1), lambda: beat.pause(1), beat.unit("x").__enter__):
        with pytest.raises(Closed, match="heartbeat 'worker' is closed"):
            tell()
    assert beat.stats().pulses == 1 and beat.pulse_interval().period == 1


def test_who_is_dropped_has_ended() -> None:
    beat = Heartbeat("worker")
    pulses, watch = beat.pulses, weakref.ref(beat)
    task = go(list, pulses)
    wait_until(lambda: pulses.waiting == 1)
    assert not pulses.closed
    del beat
    assert watch() is None and task.result(SOON) == [] and pulses.closed


def test_who_is_listened_to_is_kept() -> None:
    pulses = (beat := Heartbeat()).pulses
    task = go(Heartbeat.recv, beat, timeout=QUIET)
    wait_until(lambda: pulses.waiting == 1)
    del beat
    assert not pulses.closed
    with pytest.raises(TimeoutError):
        task.result(SOON)
    del task
    wait_until(lambda: pulses.closed)


# ---- pulses on an interval ----


def test_the_ticker_of_the_interval() -> None:
    ticker = Heartbeat(interval=0.01).pulse_interval()
    assert isinstance(ticker, Ticker) and ticker.period == 0.01
    assert ticker.recv(timeout=SOON)
    with pytest.raises(ValueError, match="heartbeat 'worker' has no interval"):
        Heartbeat("worker").pulse_interval()


def test_the_pattern_of_a_pulse_on_an_interval() -> None:
    """As in the book: the worker pulses while it waits for work, and while nobody takes its result."""

    def do_work(done: Channel[None], beat: Heartbeat, results: Channel[int]) -> None:
        pulse = beat.pulse_interval()
        with beat:
            for number in range(3):
                while (chosen := select(done, pulse, send(results, number))).index == 1:
                    beat.pulse()
                if chosen.index == 0:
                    return

    done, results = Channel[None](), Channel[int]()
    beat = Heartbeat("worker", interval=0.005)
    task = go(do_work, done, beat, results)
    received = []
    for _ in range(3):
        assert all(beat.pulses.recv(timeout=SOON) for _ in range(3))  # though nobody takes the result
        received.append(results.recv(timeout=SOON))
    task.join(SOON)
    assert received == [0, 1, 2] and beat.closed


# ---- progress and pauses ----


def test_progress() -> None:
    beat = Heartbeat()
    assert beat.stats().progress is None
    assert beat.progress(1) is None and beat.stats().progress == (1, None, None)
    beat.progress(2.5, 10, "reading")
    assert beat.stats().progress == (2.5, 10, "reading")
    beat.progress(done=3, total=10)
    assert beat.stats().progress == (3, 10, "reading") and beat.stats().pulses == 3
    beat.progress(0, 0, "")
    assert beat.stats().progress == (0, 0, None)
    assert beat.try_recv() is not None


def test_long_phases_and_labels_are_cut_between_characters() -> None:
    beat = Heartbeat()
    beat.progress(1, phase="ä" * 100)
    with beat.unit("ö" * 100):
        unit = beat.stats().unit
    phase = (beat.stats().progress or (0, 0, ""))[2]
    assert phase and set(phase) == {"ä"} and unit and set(unit) == {"ö"}


def test_a_pause_is_a_call_or_a_with_block_that_ends_with_a_pulse() -> None:
    beat = Heartbeat()
    assert beat.pause(30) is not None and beat.stats().pulses == 0
    with beat.pause(datetime.timedelta(hours=1)):
        assert beat.stats().pulses == 0
    assert beat.stats().pulses == 1
    with pytest.raises(LookupError), beat.pause(max=math.inf):
        raise LookupError
    assert beat.stats().pulses == 2
    with beat.pause(30):
        beat.close()
    assert beat.stats().pulses == 2


# ---- stats ----


def test_stats_of_a_new_heartbeat() -> None:
    stats = Heartbeat("new").stats()
    assert isinstance(stats, HeartbeatStats) and isinstance(stats, tuple)
    assert stats._fields == (
        "name", "pulses", "units", "unit_seconds", "idle", "busy", "last_pulse_age", "longest_gap",
        "unit", "unit_since", "progress", "rate",
    )  # fmt: skip
    assert stats.name == "new" and stats.pulses == stats.units == 0
    assert tuple(stats.unit_seconds) == (0.0, 0.0, 0.0, ())
    assert stats.unit is stats.unit_since is stats.progress is None
    assert stats.busy == stats.rate == 0.0 and 0 <= stats.idle < SOON
    assert stats.idle == stats.last_pulse_age == stats.longest_gap


def test_ages_and_gaps() -> None:
    beat = Heartbeat()
    pass_time(0.02)
    assert beat.stats().last_pulse_age >= 0.02 - ROUNDING  # since it was made
    begun = now()
    beat.pulse()
    assert beat.stats().last_pulse_age <= now() - begun + ROUNDING
    gap = beat.stats().longest_gap
    assert gap >= 0.02 - ROUNDING
    pass_time(2 * gap)
    assert beat.stats().longest_gap >= 2 * gap - ROUNDING  # the present one counts


def test_life_ends_with_the_close() -> None:
    beat = Heartbeat()
    beat.pulse()
    pass_time(0.01)
    beat.close()
    first = beat.stats()
    pass_time(0.02)
    second = beat.stats()
    assert first.idle == pytest.approx(second.idle, abs=1e-4) and first.idle >= 0.01 - ROUNDING
    assert first.longest_gap == pytest.approx(second.longest_gap, abs=1e-4)
    assert second.last_pulse_age >= 0.03 - 2 * ROUNDING


# ---- all of them ----


def test_a_snapshot_has_those_that_have_not_ended() -> None:
    def names() -> list[Any]:
        return sorted(str(stats.name) for stats in snapshot() if str(stats.name).startswith("snap "))

    one, two, three = Heartbeat("snap 1"), Heartbeat("snap 2 " + "ä" * 100), Heartbeat("snap 3")
    assert names() == [one.name, two.name, three.name]
    two.close()
    assert names() == ["snap 1", "snap 3"]
    del one
    assert names() == ["snap 3"]
    unnamed = Heartbeat()
    for _ in range(12_345):
        unnamed.pulse()
    assert [stats.name for stats in snapshot() if stats.pulses == 12_345] == [None]


def test_a_snapshot_can_be_taken_while_heartbeats_come_and_go() -> None:
    def come_and_go() -> None:
        for number in range(3000):
            with Heartbeat(f"passing {number}") as beat, beat.unit("unit"):
                beat.progress(number)

    tasks = [go(come_and_go) for _ in range(3)]
    while not all(task.done for task in tasks):
        for stats in snapshot():
            assert stats.idle >= 0 and stats.last_pulse_age >= 0
    for task in tasks:
        task.result()


# ---- many threads ----


def test_many_threads_pulse_one_heartbeat() -> None:
    beat = Heartbeat()
    received = go(list, beat.pulses)

    def pulse() -> None:
        for _ in range(10_000):
            beat.pulse()
            beat.progress(1)

    tasks = [go(pulse) for _ in range(4)]
    for task in tasks:
        task.result(SOON)
    assert 0 < beat.stats().pulses <= 80_000
    beat.close()
    instants = received.result(SOON)
    assert 0 < len(instants) <= 80_000 and max(instants) <= now()


def test_a_close_meets_those_who_pulse() -> None:
    for _ in range(50):
        beat = Heartbeat()
        counts: Channel[int] = Channel(None)

        def pulse(beat: Heartbeat = beat, counts: Channel[int] = counts) -> None:
            for number in range(1_000_000):
                try:
                    beat.pulse()
                except Closed:
                    counts.send(number)
                    return

        tasks = [go(pulse) for _ in range(2)] + [go(beat.close) for _ in range(3)]
        for task in tasks:
            task.result(SOON)
        assert [task.result() for task in tasks[2:]].count(True) == 1 and len(counts) == 2
        assert list(beat.pulses)[1:] == []  # one was kept, perhaps
        with pytest.raises(Closed):
            beat.recv()
