"""Go src/internal/synctest/synctest_test.go, third part: conditions, iterators, groups of threads.

Go 1.26, BSD-3-Clause; behaviour was ported, not text. A wait group is a group of tasks here, and
waiting for it is joining them; a condition is `threading.Condition`, with `patch=True`. Where
heartbeat decides differently:

  TestWaitGroupMovedIntoBubble    tasks of both sides can be waited for together, in real time
  TestWaitGroupMovedOutOfBubble,
  ...MovedBetweenBubbles          raises Error in whoever tries, where Go ends the process
  TestWaitGroupDisassociate*      what a bubble made stays its own, also once nobody waits for it
  TestWaitGroupHeapAllocated      what the module made is from outside, and no wait for it is durable
  TestReflectFuncOf               a lock of Python's in the place of one of the runtime's
"""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import partial

import pytest

import heartbeat
from go_helpers import WAIT, stays_quiet
from heartbeat import Channel, Error, Task, Timer, after_func, go, select, sleep
from heartbeat.testing import Bubble, virtual_time


def test_Cond() -> None:
    with virtual_time(patch=True) as bubble:
        cond = threading.Condition()

        def wake() -> None:
            for notify in (cond.notify, cond.notify_all):
                sleep(0.001)
                with cond:
                    notify()

        def wait() -> float:
            with cond:
                cond.wait()
            return heartbeat.now()

        waker = go(wake)
        assert wait() == pytest.approx(0.001)
        other = go(wait)
        assert wait() == other.result() == pytest.approx(0.002)
        waker.join()


# Iterators.


def every_second() -> Iterator[float]:
    while True:
        yield heartbeat.now()
        sleep(1)


def three_of(take: Callable[[Iterator[float]], list[float]]) -> list[float]:
    with virtual_time() as bubble:
        task = go(take, every_second())
        sleep(5)
        bubble.wait()
        assert task.done
        return task.result()


def test_IteratorPush() -> None:
    def take(moments: Iterator[float]) -> list[float]:
        taken: list[float] = []
        for moment in moments:
            taken.append(moment)
            if len(taken) == 3:
                break
        return taken

    assert three_of(take) == [0.0, 1.0, 2.0]


def test_IteratorPull() -> None:
    assert three_of(lambda moments: [next(moments) for _ in range(3)]) == [0.0, 1.0, 2.0]


def test_ReflectFuncOf() -> None:
    """A lock that threads inside and outside fight for is held by somebody who runs: no deadlock,
    and no time goes by. 100,000 rounds there, 10,000 here.
    """
    lock, counts = threading.Lock(), {"inside": 0, "outside": 0}

    def fight(side: str) -> None:
        for _ in range(10_000):
            with lock:
                counts[side] += 1

    outside = go(fight, "outside")
    with virtual_time() as bubble:
        timer = Timer(1)
        tasks = [go(fight, "inside") for _ in range(2)]
        for task in tasks:
            task.join()
        assert bubble.now == 0.0 and timer.active
    outside.result(WAIT)
    assert counts == {"inside": 20_000, "outside": 10_000}


# Groups.


def join(tasks: list[Task[None]]) -> None:
    for task in tasks:
        task.result(WAIT)


def test_WaitGroupInBubble() -> None:
    with virtual_time():
        join([go(sleep, 1), go(sleep, 0.5)])
        assert heartbeat.now() == 1.0


def test_WaitGroupRacingAdds() -> None:
    """Threads that end while others are started (Go issue 74386)."""
    with virtual_time():
        join([go(lambda: None) for _ in range(100)])


def test_WaitGroupOutOfBubble() -> None:
    gate: Channel[None] = Channel()
    outside = go(gate.recv)

    def wait_inside() -> float:
        with virtual_time() as bubble:
            outside.join()
            return bubble.now

    waiter = go(wait_inside)
    assert stays_quiet(waiter, 0.001)
    gate.send(None)
    assert waiter.result(WAIT) == 0.0


def test_WaitGroupMovedIntoBubble_waits_for_both() -> None:
    gate: Channel[None] = Channel()
    outside = go(gate.recv)
    with virtual_time() as bubble:
        inside = go(sleep, 1)
        go(gate.send, None)
        assert select(outside, inside).index == 0
        assert bubble.now == 0.0
        inside.join()
        assert bubble.now == 1.0


def ended_inside() -> Task[None]:
    with virtual_time():
        task = go(lambda: None)
        task.join()
        return task


def test_WaitGroupMovedOutOfBubble_raises() -> None:
    with pytest.raises(Error, match="bubble"):
        ended_inside().join()


def test_WaitGroupMovedBetweenBubblesWithNonZeroCount_raises() -> None:
    gate: Channel[None] = Channel()
    given: Channel[Task[None]] = Channel()

    def wait_in_another() -> None:
        task = given.recv()
        with virtual_time():
            task.join()

    other = go(wait_in_another)
    with virtual_time():
        inside = go(gate.recv)
        given.send(inside)
        with pytest.raises(Error, match="bubble"):
            other.result()
        go(gate.send, None)
        inside.join()


def test_WaitGroupDisassociateInWait_never() -> None:
    """Joined already, and still the other bubble's."""
    task = ended_inside()
    with virtual_time(), pytest.raises(Error, match="bubble"):
        task.join()


def test_WaitGroupDisassociateInAdd_never() -> None:
    """Nobody waits any more, and still the other bubble's."""
    with virtual_time() as bubble:
        ch: Channel[int] = Channel()
        waiting = go(ch.recv)
        bubble.wait()
        ch.send(1)
        waiting.join()
    with virtual_time(), pytest.raises(Error, match="bubble"):
        ch.try_send(1)


MODULE_WIDE: Channel[int] = Channel(1)


def test_WaitGroupLinkerAllocated() -> None:
    """What the module made can be used in any bubble."""
    for number in range(2):
        with virtual_time():
            task = go(MODULE_WIDE.send, number)
            assert MODULE_WIDE.recv() == number
            task.join()


def test_WaitGroupHeapAllocated_is_not_durable() -> None:
    """So bubble.wait() goes on until it comes, from wherever."""

    def wait_inside() -> float:
        with virtual_time() as bubble:
            task = go(MODULE_WIDE.recv)
            bubble.wait()
            assert task.done
            return bubble.now

    waiter = go(wait_inside)
    assert stays_quiet(waiter, 0.001)
    MODULE_WIDE.send(1)
    assert waiter.result(WAIT) == 0.0


def test_WaitGroupManyBubbles() -> None:
    """Bubbles side by side (Go issue 75134). 100 with 100 threads each there, 10 with 20 here."""

    def run() -> None:
        with virtual_time() as bubble:
            cancel: Channel[None] = Channel()
            tasks = [go(list, cancel) for _ in range(20)]
            bubble.wait()
            assert cancel.stats().waiting_receivers == 20
            cancel.close()
            for task in tasks:
                assert task.result() == []

    join([go(run) for _ in range(10)])


# What is visible to whom.


class Variables:
    """Two, each changed by threads of its own, with nothing but waits between the changes."""

    def __init__(self) -> None:
        self.values = [0, 0]

    def changes(self, then: Callable[[], object] = lambda: None) -> list[Callable[[], None]]:
        """What a thread for each is to do: change it, and then."""

        def change(i: int) -> None:
            self.values[i] += 1
            then()

        return [partial(change, i) for i in range(2)]

    def change_after_wait(self, bubble: Bubble) -> None:
        bubble.wait()
        for change in self.changes():
            change()


@pytest.mark.parametrize("start", [go, partial(after_func, 0)], ids=["go", "after_func"])
def test_HappensBefore(start: Callable[[Callable[[], None]], object]) -> None:
    """wait() returns when the others have ended, and when they wait."""
    variables = Variables()
    with virtual_time() as bubble:
        variables.change_after_wait(bubble)  # 1
        for change in variables.changes():  # 2
            start(change)
        variables.change_after_wait(bubble)  # 3
        ch: Channel[None] = Channel()
        for change in variables.changes(then=partial(list, ch)):  # 4
            start(change)
        variables.change_after_wait(bubble)  # 5
        ch.close()
    assert variables.values == [5, 5]


def test_HappensBefore_the_end() -> None:
    """The end of the block waits for threads that threads have started."""
    variables = Variables()
    for _ in range(2):
        with virtual_time():
            for change in variables.changes():
                go(go, change)
    assert variables.values == [2, 2]


def test_Weak() -> None:
    """The garbage collector runs inside, and what a bubble made goes when nobody refers to it (Go
    issue 73817).
    """
    makers: list[Callable[[], object]] = [Channel, partial(Timer, 1), partial(go, int)]
    with virtual_time() as bubble:
        for _ in range(5):
            refs: list[weakref.ref[object]] = [weakref.ref(make()) for make in makers]
            bubble.wait()
            gc.collect()
            assert [ref() for ref in refs] == [None] * 3
