"""Receiving pulses: one is kept, or none; beside results and timeouts in a select; until the end."""

from __future__ import annotations

from typing import Any

import pytest

from heartbeat import (
    Channel,
    Closed,
    Heartbeat,
    Pulses,
    Selector,
    Task,
    after,
    go,
    nil,
    now,
    recv,
    select,
    try_select,
)
from support import QUIET, SOON, wait_until


def listen(pulses: Pulses) -> Task[float]:
    """A thread that waits for one pulse, and is known to wait."""
    already = pulses.waiting
    task = go(pulses.recv, timeout=SOON)
    wait_until(lambda: pulses.waiting == already + 1)
    return task


# ---- one is kept ----


def test_pulses_coalesce() -> None:
    beat = Heartbeat()
    for _ in range(1000):
        beat.pulse()
    newest = now()
    beat.pulse()
    assert beat.pulses.recv(timeout=0) >= newest - 1e-6
    assert beat.pulses.try_recv() is None
    with pytest.raises(TimeoutError):
        beat.pulses.recv(timeout=QUIET)


def test_a_pulse_reaches_one_of_those_who_wait_in_their_order() -> None:
    beat = Heartbeat()
    first, second = listen(beat.pulses), listen(beat.pulses)
    beat.pulse()
    first.join(SOON)
    assert not second.done and beat.pulses.waiting == 1
    beat.pulse()
    assert second.result(SOON) >= first.result(SOON)
    assert beat.pulses.try_recv() is None


# ---- none is kept: the unbuffered channel of the book ----


def test_an_unbuffered_pulse_reaches_only_who_waits() -> None:
    beat = Heartbeat(keep=0)
    beat.pulse()
    assert beat.pulses.try_recv("none") == "none" and beat.try_recv("none") == "none"
    with pytest.raises(TimeoutError):
        beat.pulses.recv(timeout=QUIET)
    task = listen(beat.pulses)
    beat.pulse()
    assert task.result(SOON) <= now()
    beat.pulse()
    assert try_select(beat.pulses) is None


def test_an_unbuffered_pulse_reaches_a_select_and_a_selector() -> None:
    beat = Heartbeat(keep=0)
    for wait in (lambda: select(nil, beat.pulses), Selector([nil, beat]).select):
        task = go(wait)
        wait_until(lambda: beat.pulses.waiting == 1)
        beat.pulse()
        assert task.result(SOON)[0::2] == (1, True)
    beat.close()
    assert select(beat.pulses).ok is False


# ---- in a select ----


def test_pulses_results_and_a_timeout_in_one_select() -> None:
    """The loop of the book: whoever listens knows a slow worker from a dead one."""
    beat, results = Heartbeat(timeout=SOON), Channel[str]()
    told, finish = Channel[None](), Channel[None]()

    def work() -> None:
        with beat:
            for _ in range(3):
                beat.pulse()
                told.recv()
            results.send("result")
            finish.recv()

    task, seen = go(work), []
    while True:
        chosen = select(beat.pulses, results, after(SOON))
        if chosen.index == 0 and not chosen.ok:
            break
        seen.append(("pulse", "result", "timeout")[chosen.index])
        (told if seen[-1] == "pulse" else finish).send(None)
    task.join(SOON)
    assert seen == ["pulse"] * 3 + ["result"]


def test_silence_is_seen_as_a_timeout() -> None:
    beat = Heartbeat()
    with pytest.raises(TimeoutError):
        select(beat.pulses, nil, timeout=QUIET)
    assert select(beat, after(QUIET)).index == 1


def test_each_ready_source_has_its_turn() -> None:
    beat, other = Heartbeat(), Heartbeat()
    chosen = set()
    for _ in range(200):
        beat.pulse()
        other.pulse()
        chosen.add(select(recv(beat), other.pulses).index)
    assert chosen == {0, 1}


@pytest.mark.parametrize("keep", [0, 1])
def test_a_selector_over_many_pulses(keep: Any) -> None:
    beats = [Heartbeat(keep=keep) for _ in range(20)]
    selector = Selector([beat.pulses for beat in beats])
    for _ in range(3):
        for key in (7, 3, 19):
            task = go(selector.select)
            wait_until(lambda key=key: beats[key].pulses.waiting == 1)
            beats[key].pulse()
            assert task.result(SOON).index == key
    assert selector.try_select() is None
    for key, beat in enumerate(beats):
        beat.close()
        assert selector.select(timeout=SOON)[0::2] == (key, False)
        selector.remove(key)


def test_a_selector_finds_every_kept_pulse() -> None:
    beats = [Heartbeat() for _ in range(50)]
    selector = Selector(beats)
    assert selector.try_select() is None
    for _ in range(3):
        for beat in beats:
            beat.pulse()
        assert {selector.select(timeout=SOON).index for _ in beats} == set(range(50))
        assert selector.try_select() is None


# ---- the end ----


def test_a_kept_pulse_can_be_received_after_the_end() -> None:
    beat = Heartbeat("worker")
    beat.pulse()
    instant = now()
    beat.close()
    assert select(beat.pulses).value <= instant
    for _ in range(3):
        assert select(beat.pulses, nil) == (0, None, False)
        with pytest.raises(Closed, match="heartbeat 'worker' has ended"):
            beat.pulses.recv()
        with pytest.raises(Closed):
            beat.pulses.try_recv()


def test_iteration_ends_with_the_heartbeat() -> None:
    beat = Heartbeat()
    task = go(list, beat.pulses)
    for _ in range(3):
        wait_until(lambda: beat.pulses.waiting == 1)
        beat.pulse()
    wait_until(lambda: beat.pulses.waiting == 1)
    beat.close()
    instants = task.result(SOON)
    assert len(instants) == 3 and instants == sorted(instants)


def test_the_end_wakes_all_who_wait() -> None:
    beat = Heartbeat()
    tasks = [go(select, beat.pulses, nil) for _ in range(5)]
    wait_until(lambda: beat.pulses.waiting == 5)
    beat.close()
    assert [task.result(SOON).ok for task in tasks] == [False] * 5


def test_pulses_tell_of_their_heartbeat() -> None:
    beat = Heartbeat("worker")
    pulses = beat.pulses
    assert (pulses.name, pulses.closed, pulses.waiting) == ("worker", False, 0)
    assert "Pulses" in repr(pulses) and "worker" in repr(pulses) and "closed" not in repr(pulses)
    beat.close()
    assert pulses.closed and "closed" in repr(pulses)


# ---- many threads ----


def test_every_pulse_and_every_end_finds_its_way_through_a_ring() -> None:
    """Each thread waits for its own heartbeat and beats the next: one lost pulse stops the ring."""
    ring = [Heartbeat() for _ in range(5)]

    def pass_on(mine: Heartbeat, following: Heartbeat) -> int:
        count = 0
        for _ in mine.pulses:
            following.pulse()
            count += 1
        return count

    tasks = [go(pass_on, mine, following) for mine, following in zip(ring, ring[1:], strict=False)]
    for _ in range(2000):
        ring[0].pulse()
        ring[-1].recv(timeout=SOON)
    for beat, task in zip(ring, tasks, strict=False):
        beat.close()
        assert task.result(SOON) == 2000
