"""trio's tests of MockClock (test_mock_clock.py), and what its users were let down by.

trio 0.24 and later, MIT or Apache-2.0; behaviour was ported, not text. Here the clock always jumps, there is nothing
to set; and what takes part is threads. These do not apply:

  the rate, and deadline_to_sleep_time of a rate     time that goes by at another speed is not offered
  autojump_threshold, its preset and its change      a jump needs no patience: who works is seen to work
  wait_all_tasks_blocked with a cushion              for the same reason

What its users were let down by is at the end: each of it a clock that jumps while work is under
way that it cannot see.
"""

from __future__ import annotations

import math
import random
import socket
import threading
from collections.abc import Callable

import pytest

import heartbeat
from go_helpers import WAIT
from heartbeat import Channel, DeadlockError, Error, Timer, go, nil, select, sleep
from heartbeat.testing import Bubble, virtual_time


# Its tests.


def test_mock_clock() -> None:
    """It begins at 0, moves as it is told, and never back."""
    with virtual_time() as bubble:
        assert bubble.now == heartbeat.now() == 0.0
        bubble.advance(1.2)
        assert bubble.now == heartbeat.now() == 1.2
        for wrong in (-1, -1e-9, math.nan):
            with pytest.raises(ValueError):
                bubble.advance(wrong)
        assert bubble.now == 1.2
        bubble.advance(0)
        assert bubble.now == 1.2
    assert "Bubble" in repr(bubble)


def test_mock_clock_autojump() -> None:
    began = heartbeat.now()
    with virtual_time() as bubble:
        for tens in range(10):
            before = bubble.now
            sleep(10 * tens)
            assert bubble.now == before + 10 * tens
        bubble.wait()
        assert bubble.now == 450.0
        sleep(100_000)
    assert heartbeat.now() - began < WAIT


def test_mock_clock_autojump_interference() -> None:
    """A clock that was made and is not entered changes nothing, here or elsewhere."""
    unused = Bubble()
    began = heartbeat.now()
    assert began > 0 and unused.now == 0.0
    with virtual_time(start=5.0) as bubble:
        other = Bubble(start=9.0)
        sleep(10)
        assert bubble.now == 15.0 and other.now == 9.0
        with pytest.raises(Error):
            other.wait()
        with pytest.raises(Error):
            other.advance(1)


def test_mock_clock_autojump_preset() -> None:
    bubble = Bubble(start=3.0)
    with bubble:
        sleep(10_000)
        assert heartbeat.now() == 10_003.0


def test_mock_clock_autojump_0_and_wait_all_tasks_blocked_0() -> None:
    """Whoever waits for quiet goes first, then the clock jumps."""
    record: list[str] = []

    def sleeper() -> None:
        sleep(100)
        record.append("yawn")

    def waiter(bubble: Bubble) -> None:
        bubble.wait()
        record.append("waiter woke")
        sleep(1000)
        record.append("waiter done")

    with virtual_time() as bubble:
        for task in (go(sleeper), go(waiter, bubble)):
            task.join()
    assert record == ["waiter woke", "yawn", "waiter done"]


# What its users were let down by.


def test_a_thread_at_work_holds_the_clock() -> None:
    """trio issue 456: a timeout ran out while a thread of its own was still at work."""
    with virtual_time() as bubble:
        result: Channel[int] = Channel(1)
        go(lambda: result.send(sum(range(1_000_000))))
        assert result.recv(timeout=300) == 499_999_500_000
        assert bubble.now == 0.0


def test_a_thread_that_takes_no_part_is_waited_for() -> None:
    """The same with a thread the bubble knows nothing of: what it fills is from outside."""
    result: Channel[str] = Channel(1)
    worker = threading.Thread(target=lambda: result.send("".join(map(str, range(100_000)))))
    with virtual_time() as bubble:
        worker.start()
        assert len(result.recv(timeout=1e-9)) > 100_000
        assert bubble.now == 0.0
    worker.join(WAIT)


def test_input_and_output_under_way_hold_the_clock() -> None:
    """trio-websocket issue 94, snekomatic issue 22: a timeout ran out between what one side sent and
    what the system had delivered to the other.
    """
    near, far = socket.socketpair()
    with near, far, virtual_time() as bubble:
        got: Channel[bytes] = Channel()
        go(lambda: got.send(far.recv(1)))
        go(near.send, b"x")
        assert got.recv(timeout=1e-9) == b"x"
        assert bubble.now == 0.0


def test_what_is_due_already_never_moves_the_clock_back() -> None:
    """trio issue 1190: a deadline in the past was a jump backwards, and so an error."""
    with virtual_time() as bubble:
        sleep(10)
        timer = Timer(1)
        sleep(10)
        with pytest.raises(TimeoutError):
            nil.recv(deadline=3.0)
        with pytest.raises(TimeoutError):
            nil.recv(timeout=0)
        assert timer.recv() == 11.0
        assert bubble.now == 20.0


def seen_by(number: int, rounds: int) -> list[float]:
    """What one thread sees of the clock while it waits at random, for what is due now or later."""
    choices, seen = random.Random(number), [heartbeat.now()]
    for _ in range(rounds):
        until = heartbeat.now() + choices.choice([-1.0, 0.0, 0.5, 1.0, 2.0])
        with pytest.raises(TimeoutError):
            select(nil, deadline=until)
        seen.append(heartbeat.now())
        assert seen[-1] == max(seen[-2], until)
    return seen


def test_the_clock_never_moves_back_whoever_waits() -> None:
    with virtual_time(start=1.0):
        tasks = [go(seen_by, number, 100) for number in range(4)]
        for task in tasks:
            seen = task.result()
            assert seen == sorted(seen) and seen[-1] > seen[0]


def test_two_cannot_wait_for_quiet_at_once() -> None:
    """trio issue 1587: of two that waited for all others each was one of the others."""
    with virtual_time() as bubble:
        tasks = [go(bubble.wait) for _ in range(3)]
        sleep(1)
        assert sorted(isinstance(task.exception, Error) for task in tasks) == [False, True, True]


def forget_to_send() -> None:
    go(Channel[int]().recv).join()


@pytest.mark.parametrize("wait", [nil.recv, forget_to_send])
def test_nothing_due_is_told_at_once(wait: Callable[[], object]) -> None:
    """Without anything to jump to trio waits for ever."""
    with pytest.raises(DeadlockError), virtual_time():
        wait()
