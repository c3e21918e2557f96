"""Go src/internal/synctest/synctest_test.go, first part: the clock, waiting, and timers.

Go 1.26, BSD-3-Clause; behaviour was ported, not text. A bubble is `virtual_time`, a goroutine a thread of
`heartbeat.go`, and `synctest.Wait` is `bubble.wait()`. All 42 of its tests have a counterpart here, in
test_synctest_borders.py or in test_synctest_sync.py, named after the original; a name that goes on
says what is decided differently:

  TestTimerNondeterminism    the choice is the seed's: as random, and the same in every run
  TestSleepNondeterminism    sleepers due at one instant wake in the order of joining, every time; where
                             threads take turns, in an order of the seed
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

import heartbeat
import pytest
from go_helpers import WAIT
from heartbeat import Channel, Source, Timer, after_func, go, select, sleep
from heartbeat.testing import Bubble, virtual_time


# The clock.


def test_Now() -> None:
    """Go's bubbles begin at midnight of the year 2000; here the clock begins at `start`, mostly 0."""
    with virtual_time() as bubble:
        assert heartbeat.now() == 0.0
        seen = go(heartbeat.now)
        sleep(1)
        assert heartbeat.now() == bubble.now == 1.0
        assert seen.result() == 0.0


def test_MonotonicClock() -> None:
    """An instant from outside compares with those inside, if that is where the clock begins."""
    start = heartbeat.now()
    with virtual_time(start):
        sleep(1)
        assert heartbeat.now() - start == pytest.approx(1.0)
        sleep(3600)
        assert heartbeat.now() - start == pytest.approx(3601.0)
    assert start <= heartbeat.now() < start + 3600


# Waiting.


def test_RunEmpty() -> None:
    with virtual_time() as bubble:
        pass
    assert bubble.now == 0.0


def test_SimpleWait() -> None:
    with virtual_time() as bubble:
        bubble.wait()
        assert bubble.now == 0.0


def test_GoroutineWait() -> None:
    with virtual_time() as bubble:
        task = go(int)
        bubble.wait()
        assert task.done


def hand_down(ch: Channel[Any], less: Callable[[Any], Any]) -> list[bool]:
    """Each thread takes a value, starts the next one, and hands it less; the last one reports."""
    done: list[bool] = []

    def step() -> None:
        value = ch.recv()
        if value:
            go(step)
            ch.send(less(value))
        else:
            done.append(True)

    go(step)
    return done


def test_Wait() -> None:
    """It waits for threads that did not exist when it began."""
    with virtual_time() as bubble:
        ch: Channel[int] = Channel()
        done = hand_down(ch, lambda count: count - 1)
        ch.send(100)
        bubble.wait()
        assert done == [True]


@pytest.mark.parametrize("size", [100])
def test_Mallocs(size: int) -> None:
    """Bubble after bubble, with values that are allocated and dropped. 100 there, 20 here."""
    for _ in range(20):
        with virtual_time() as bubble:
            ch: Channel[bytes] = Channel()
            done = hand_down(ch, lambda value: bytes(len(value) - 1))
            ch.send(bytes(size))
            bubble.wait()
            assert done == [True]


# Timers.


def test_TimerReadBeforeDeadline() -> None:
    with virtual_time():
        Timer(5).recv()
        assert heartbeat.now() == 5.0


def test_TimerReadAfterDeadline() -> None:
    """The value is the instant it was due, not the one it is read at."""
    with virtual_time():
        timer = Timer(1)
        sleep(2)
        assert timer.recv() == 1.0
        assert heartbeat.now() == 2.0


def test_TimerReset() -> None:
    with virtual_time():
        timer = Timer(1)
        assert timer.recv() == 1.0
        timer.reset(2)
        assert timer.recv() == 3.0
        timer.reset(3)
        sleep(1)
        timer.reset(3)
        assert timer.recv() == 7.0


def test_TimeAfter() -> None:
    """What a callback starts takes part too."""
    with virtual_time() as bubble:
        happened: list[float] = []

        def later() -> None:
            sleep(1)
            happened.append(heartbeat.now())

        def call() -> None:
            happened.append(heartbeat.now())
            go(later)

        after_func(1, call)
        sleep(3)
        bubble.wait()
        assert happened == [1.0, 2.0]


def test_TimerAfterBubbleExit() -> None:
    calls: list[float] = []
    with virtual_time():
        after_func(1, lambda: calls.append(heartbeat.now()))
    assert calls == []


def test_TimerFromOutsideBubble() -> None:
    """It fires in real time, for which the clock of the bubble stands still."""
    timer = Timer(0.01)
    with virtual_time():
        timer.recv()
        assert heartbeat.now() == 0.0
    assert timer.stop() is False


def first_of_two(times: int) -> list[int]:
    """Which of two timers due at one instant was chosen, again and again."""
    chosen: list[int] = []
    with virtual_time(seed=7) as bubble:
        for _ in range(times):
            chosen.append(select(Timer(1), Timer(1)).index)
            bubble.wait()
    return chosen


def test_TimerNondeterminism_of_the_seed() -> None:
    chosen = first_of_two(50)
    assert set(chosen) == {0, 1}
    assert first_of_two(50) == chosen


def wake_at_once(bubble: Bubble) -> list[int]:
    """The order in which three sleepers that are due at one instant wake."""
    woken: list[int] = []

    def sleeper(number: int) -> None:
        sleep(1)
        woken.append(number)

    for number in (1, 2, 3):
        go(sleeper, number)
    sleep(1)
    bubble.wait()
    return woken


def test_SleepNondeterminism_is_the_order_of_joining() -> None:
    """1,000 rounds there until both orders were seen; 100 here, and one order."""
    with virtual_time() as bubble:
        for _ in range(100):
            assert wake_at_once(bubble) == [1, 2, 3]


@pytest.mark.parametrize("schedule", ["random", "pct"])
def test_SleepNondeterminism_of_the_seed_where_threads_take_turns(
    schedule: Literal["random", "pct"],
) -> None:
    def order_of(seed: int) -> tuple[int, ...]:
        with virtual_time(seed=seed, schedule=schedule) as bubble:
            return tuple(wake_at_once(bubble))

    orders = [order_of(seed) for seed in range(50)]
    assert len(set(orders)) > 1
    assert [order_of(seed) for seed in range(50)] == orders


def test_TimerRunsImmediately() -> None:
    with virtual_time():
        assert Timer(0).try_recv() == 0.0


def test_TimerRanInPast() -> None:
    with virtual_time():
        timer = Timer(1)
        sleep(2)
        assert timer.try_recv() == 1.0


def test_AfterFuncRunsImmediately() -> None:
    """Although nobody waits: the thread that armed it is busy."""
    with virtual_time():
        called: list[bool] = []
        after_func(0, lambda: called.append(True))
        spin_until(lambda: called)


def spin_until(holds: Callable[[], object]) -> None:
    """Without waiting in the engine: only the processor is given away."""
    limit = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < limit, "the state waited for did not come"
        time.sleep(0)


def take_until(done: Source[None], timer: Timer) -> int:
    taken = 0
    while select(done, timer).index == 1:
        taken += 1
    return taken


def test_TimerResetZeroDoNotHang() -> None:
    """A timer that is due at once wakes a thread that waits for it (Go issue 76052)."""
    with virtual_time() as bubble:
        done: Channel[None] = Channel()
        timer = Timer(0)
        task = go(take_until, done, timer)
        bubble.wait()
        timer.reset(0)
        bubble.wait()
        done.close()
        assert task.result() == 2
