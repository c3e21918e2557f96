"""That gosync does what Go's sync does, where cases depend on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from heartbeat import go, sleep
from heartbeat.testing import virtual_time

from .gosync import Cond, Context, Mutex, Once, RWMutex, WaitGroup, receive, with_timeout


def holds(log: list[str], name: str, lock: Mutex | RWMutex, reads: bool = False) -> None:
    """Holds the lock for a second."""
    guard = lock.reading() if isinstance(lock, RWMutex) and reads else lock
    with guard:
        log.append(f"+{name}")
        sleep(1.0)
        log.append(f"-{name}")


def one_after_the_other(*fns: Callable[[], object]) -> None:
    """Each in a thread of its own, begun 0.1 s after the one before."""
    for fn in fns:
        go(fn)
        sleep(0.1)
    sleep(60.0)


def test_a_mutex_is_held_by_one() -> None:
    log: list[str] = []
    with virtual_time():
        mutex = Mutex()
        one_after_the_other(*(partial(holds, log, name, mutex) for name in "ab"))
    assert log == ["+a", "-a", "+b", "-b"]


def test_new_readers_queue_behind_a_writer_that_waits() -> None:
    log: list[str] = []
    with virtual_time():
        mutex = RWMutex()
        one_after_the_other(
            partial(holds, log, "r1", mutex, True), partial(holds, log, "r2", mutex, True),
            partial(holds, log, "w", mutex), partial(holds, log, "r3", mutex, True),
        )
    assert log == ["+r1", "+r2", "-r1", "-r2", "+w", "-w", "+r3", "-r3"]


def test_readers_in_the_queue_go_before_the_next_writer() -> None:
    log: list[str] = []
    with virtual_time():
        mutex = RWMutex()
        one_after_the_other(
            partial(holds, log, "w1", mutex), partial(holds, log, "w2", mutex),
            partial(holds, log, "r", mutex, True),
        )
    assert log == ["+w1", "-w1", "+r", "-r", "+w2", "-w2"]


@pytest.mark.parametrize("lock", [Mutex, RWMutex])
def test_nobody_unlocks_what_is_not_locked(lock: type[Mutex | RWMutex]) -> None:
    with pytest.raises(RuntimeError, match="nobody"):
        lock().unlock()


def test_a_wait_group_waits_for_all() -> None:
    with virtual_time() as bubble:
        group = WaitGroup(2)

        def work() -> None:
            sleep(1.0)
            group.done()

        go(work)
        go(work)
        group.wait()
        assert bubble.now == 1.0
        group.wait()


def test_a_signal_wakes_the_first_and_a_broadcast_all() -> None:
    log: list[str] = []
    with virtual_time():
        mutex = Mutex()
        cond = Cond(mutex)
        cond.signal()  # is not kept

        def wait(name: str) -> None:
            with mutex:
                cond.wait()
                log.append(name)

        one_after_the_other(*(partial(wait, name) for name in "abc"))
        cond.signal()
        sleep(1.0)
        assert log == ["a"]
        cond.broadcast()
    assert sorted(log) == ["a", "b", "c"]


def test_once_runs_one_and_others_wait_for_it() -> None:
    log: list[float] = []
    with virtual_time() as bubble:
        once = Once()
        go(once.do, lambda: sleep(5.0))
        sleep(1.0)
        once.do(lambda: log.append(0.0))
        assert (bubble.now, log) == (5.0, [])


def test_contexts_end_with_their_parent_or_their_time() -> None:
    with virtual_time() as bubble:
        parent = Context()
        child, timed = Context(parent), with_timeout(None, 3.0)
        parent.cancel()
        assert child.done.closed and Context(parent).done.closed
        receive(timed.done)
        assert bubble.now == 3.0
