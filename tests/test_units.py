"""Units of work: a pulse at the beginning of each, what they took, and tests that need no sleep."""

from __future__ import annotations

import datetime
import os
from typing import Any

import pytest

from heartbeat import Channel, Closed, Error, Heartbeat, UnitSeconds, go, now, select
from support import SOON

ROUNDING = 1e-6


def pass_time(seconds: float) -> None:
    """Spend the time in a wait for something else."""
    with pytest.raises(TimeoutError):
        Channel[None]().recv(timeout=seconds)


# ---- the book's unit-of-work pulse ----


def test_a_pulse_comes_before_each_unit() -> None:
    beat = Heartbeat(keep=0)
    results: Channel[int] = Channel()

    def work() -> None:
        with beat:
            for number in range(5):
                with beat.unit(f"number {number}"):
                    results.send(number)

    pulses = Channel[str](None)

    def note() -> None:
        for _ in beat.pulses:
            pulses.send("pulse")

    go(note)
    task = go(work)
    assert [results.recv(timeout=SOON) for _ in range(5)] == list(range(5))
    task.join(SOON)
    assert beat.stats().pulses == beat.stats().units == 5


def test_whoever_waits_for_the_pulse_knows_that_work_has_begun() -> None:
    """However long the worker needs to begin: the test has no guess in it."""
    beat = Heartbeat()
    started, results = Channel[None](), Channel[int]()

    def work() -> None:
        started.recv()  # something of unknown length
        with beat, beat.unit("first"):
            results.send(42)

    task = go(work)
    started.send(None)
    assert beat.pulses.recv(timeout=SOON) <= now()
    assert beat.stats().unit == "first"
    assert results.recv(timeout=SOON) == 42
    task.join(SOON)


# ---- what is counted ----


def test_a_unit_pulses_when_it_begins_and_is_counted_when_it_ends() -> None:
    beat = Heartbeat()
    with beat.unit("load") as unit:
        stats = beat.stats()
        assert (stats.pulses, stats.units, stats.unit) == (1, 0, "load")
        assert stats.unit_since is not None and stats.unit_since <= now()
        assert "load" in repr(unit) and "load" in repr(beat)
    stats = beat.stats()
    assert (stats.pulses, stats.units, stats.unit, stats.unit_since) == (1, 1, None, None)
    assert "not open" in repr(unit) and "load" not in repr(beat)


def test_a_unit_needs_no_label() -> None:
    beat = Heartbeat()
    with beat.unit():
        assert beat.stats().unit == ""
    with beat.unit(label="named"):
        assert beat.stats().unit == "named"
    assert beat.stats().units == 2


def test_a_unit_that_raises_is_counted_too() -> None:
    beat = Heartbeat()
    with pytest.raises(LookupError), beat.unit("raises"):
        raise LookupError
    assert beat.stats().units == 1 and beat.stats().unit is None


def test_units_nest() -> None:
    beat = Heartbeat()
    with beat.unit("outer"):
        since = beat.stats().unit_since
        with beat.unit("inner"):
            assert beat.stats().unit == "inner" and (beat.stats().unit_since or 0) >= (since or now())
        assert beat.stats().unit == "outer" and beat.stats().unit_since == pytest.approx(since)
    assert (beat.stats().units, beat.stats().pulses) == (2, 2)


def test_how_long_units_took() -> None:
    beat = Heartbeat()
    begun = now()
    for seconds in (0.001, 0.004, 0.016):
        with beat.unit():
            pass_time(seconds)
    took = now() - begun
    seconds = beat.stats().unit_seconds
    assert isinstance(seconds, UnitSeconds)
    assert 0.001 - ROUNDING <= seconds.min <= seconds.mean <= seconds.max <= took
    assert seconds.max >= 0.016 - ROUNDING and 3 * seconds.mean <= took + ROUNDING
    assert sum(count for _, count in seconds.histogram) == 3
    bounds = [bound for bound, _ in seconds.histogram]
    assert bounds == sorted(bounds) and all(count > 0 for _, count in seconds.histogram)
    assert seconds.max <= bounds[-1] <= 2 * seconds.max and seconds.min <= bounds[0] <= 2 * seconds.min


def test_bounds_are_powers_of_two_nanoseconds() -> None:
    beat = Heartbeat()
    for _ in range(100):
        with beat.unit():
            pass
    for bound, _ in beat.stats().unit_seconds.histogram:
        nanoseconds = round(bound * 1e9)
        assert nanoseconds & (nanoseconds - 1) == 0


def test_life_is_idle_or_busy() -> None:
    begun = now()
    beat = Heartbeat()
    pass_time(0.01)
    with beat.unit(), beat.unit():
        pass_time(0.02)
        assert beat.stats().busy >= 0.02 - ROUNDING  # the open one counts, once
    pass_time(0.01)
    stats = beat.stats()
    assert 0.02 - ROUNDING <= stats.busy and 0.02 - 2 * ROUNDING <= stats.idle
    assert stats.idle + stats.busy <= now() - begun + ROUNDING
    assert stats.rate * (stats.idle + stats.busy) == pytest.approx(2)


# ---- one object ----


def test_a_unit_can_be_entered_again_after_it_was_left() -> None:
    beat = Heartbeat()
    unit = beat.unit("again")
    for _ in range(3):
        with unit as entered:
            assert entered is unit
    assert beat.stats().units == 3


def test_a_unit_is_not_entered_twice_at_once() -> None:
    beat = Heartbeat()
    unit = beat.unit("load")
    with unit:
        with pytest.raises(Error, match="unit 'load' is open already"):
            unit.__enter__()
        with pytest.raises(Error):
            go(unit.__enter__).result(SOON)
    with pytest.raises(Error, match="unit 'load' is not open"):
        unit.__exit__(None, None, None)
    assert (beat.stats().units, beat.stats().pulses) == (1, 1)


def test_a_unit_left_open_ends_with_its_object() -> None:
    beat = Heartbeat()
    unit = beat.unit("dropped")
    unit.__enter__()
    assert beat.stats().unit == "dropped"
    del unit
    assert beat.stats().unit is None and beat.stats().units == 1


def test_a_unit_keeps_its_heartbeat() -> None:
    with Heartbeat("kept").unit() as unit:
        assert "kept" in repr(unit) and "closed" not in repr(unit)


def test_no_unit_begins_after_the_end_and_an_open_one_can_be_left() -> None:
    beat = Heartbeat()
    unit = beat.unit("load")
    with unit:
        beat.close()
    assert beat.stats().units == 1
    with pytest.raises(Closed):
        unit.__enter__()
    with pytest.raises(Closed), beat.unit():
        raise AssertionError
    assert beat.stats().unit is None


def test_a_unit_may_be_left_by_another_thread() -> None:
    beat = Heartbeat()
    unit = beat.unit()
    go(unit.__enter__).join(SOON)
    unit.__exit__()
    assert beat.stats().units == 1


@pytest.mark.parametrize("timeout", [0.5, datetime.timedelta(seconds=1), float("inf"), None])
def test_a_unit_may_have_a_time_of_its_own(timeout: Any) -> None:
    beat = Heartbeat(timeout=0.25)
    with beat.unit("slow", timeout=timeout):
        assert beat.stats().unit == "slow"
    assert beat.stats().units == 1


# ---- many threads ----


def test_threads_share_a_heartbeat() -> None:
    beat = Heartbeat()
    gate = Channel[None]()

    def work() -> None:
        gate.recv()
        for number in range(1000):
            with beat.unit("outer"), beat.unit("inner", timeout=100 if number % 2 else None):
                beat.stats()

    begun = now()
    tasks = [go(work) for _ in range(4)]
    for _ in tasks:
        gate.send(None)
    for task in tasks:
        task.result(SOON)
    stats = beat.stats()
    assert stats.units == 8000 and stats.unit is None
    assert sum(count for _, count in stats.unit_seconds.histogram) == 8000
    assert stats.busy <= now() - begun + ROUNDING


def test_threads_race_to_enter_one_unit() -> None:
    beat = Heartbeat()
    unit = beat.unit("shared")
    refused: Channel[int] = Channel(None)

    def enter_and_leave() -> int:
        entered = 0
        for _ in range(2000):
            try:
                with unit:
                    entered += 1
            except Error:
                refused.send(1)
        return entered

    tasks = [go(enter_and_leave) for _ in range(4)]
    entered = sum(task.result(SOON) for task in tasks)
    assert entered == beat.stats().units and entered + len(refused) == 8000
    assert select(go(unit.__enter__)).ok is False and beat.stats().unit == "shared"


def test_a_label_may_be_the_name_of_a_file_that_is_no_text() -> None:
    beat, name = Heartbeat(), os.fsdecode(b"folder/\xff")
    with beat.unit(name):
        assert beat.stats().unit == name
