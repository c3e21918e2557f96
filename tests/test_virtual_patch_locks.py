"""virtual_time(patch=True): locks, conditions, events and the like keep their meaning."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable, Iterator
from threading import Condition, Event, Lock, RLock, Semaphore
from time import monotonic, sleep
from typing import Any

import pytest

from heartbeat.testing import Bubble, _virtual_locks, virtual_time

# Names imported before the bubble: the lock and the functions that make one.
LOCKS = [Lock, threading.Lock]
EITHER = [Lock, RLock]


@pytest.fixture(autouse=True)
def bubble() -> Iterator[Bubble]:
    with virtual_time(patch=True) as bubble:
        yield bubble


def in_thread(call: Callable[[], Any]) -> Any:
    """What call() gives on a thread of its own."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    thread.join()
    return results[0]


def start(*calls: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join()


# ---- Lock ----


@pytest.mark.parametrize("make", LOCKS)
def test_a_lock_is_what_the_library_calls_one(make: Callable[[], Any]) -> None:
    lock = make()
    assert type(lock) is _virtual_locks.Lock
    assert isinstance(lock, _thread.LockType)
    assert "unlocked" in repr(lock)
    with lock:
        assert "unlocked" not in repr(lock)


def test_a_lock_is_held_by_one() -> None:
    lock = Lock()
    assert lock.acquire()
    assert lock.locked()
    assert not lock.acquire(False)
    assert not lock.acquire(blocking=False)
    assert not in_thread(lambda: lock.acquire(False))
    lock.release()
    assert not lock.locked()


def test_any_thread_may_release_a_lock() -> None:
    lock = Lock()
    lock.acquire()
    in_thread(lock.release)
    assert lock.acquire(False)


def test_releasing_what_is_not_held_is_an_error() -> None:
    with pytest.raises(RuntimeError):
        Lock().release()
    rlock = RLock()
    with pytest.raises(RuntimeError):
        rlock.release()
    rlock.acquire()

    def release_elsewhere() -> bool:
        with pytest.raises(RuntimeError):
            rlock.release()
        return True

    assert in_thread(release_elsewhere)


@pytest.mark.parametrize("make", EITHER)
def test_a_timeout_lasts_as_long_as_it_says(make: Callable[[], Any]) -> None:
    lock = make()
    lock.acquire()

    def try_for(seconds: float) -> tuple[bool, float]:
        began = monotonic()
        return lock.acquire(timeout=seconds), monotonic() - began

    assert in_thread(lambda: try_for(90)) == (False, 90.0)
    assert in_thread(lambda: try_for(0)) == (False, 0.0)
    lock.release()
    assert in_thread(lambda: try_for(90)) == (True, 0.0)


@pytest.mark.parametrize("make", EITHER)
@pytest.mark.parametrize(("args", "error"), [
    ((False, 1), ValueError), ((False, 0), ValueError), ((True, -2), ValueError),
    ((True, threading.TIMEOUT_MAX * 2), OverflowError), ((True, "1"), TypeError),
])
def test_acquire_refuses_what_makes_no_sense(
    make: Callable[[], Any], args: tuple[Any, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        make().acquire(*args)


@pytest.mark.parametrize("make", EITHER)
def test_a_block_releases_after_an_exception(make: Callable[[], Any]) -> None:
    lock = make()
    with pytest.raises(KeyError):
        with lock:
            raise KeyError
    assert in_thread(lambda: lock.acquire(False))


@pytest.mark.parametrize("make", EITHER)
def test_who_waits_longest_is_next(make: Callable[[], Any]) -> None:
    lock = make()
    order: list[tuple[int, float]] = []

    def work(i: int) -> None:
        sleep(i)
        with lock:
            order.append((i, monotonic()))
            sleep(100)

    join(start(*(lambda i=i: work(i) for i in range(5))))
    assert order == [(i, 100.0 * i) for i in range(5)]


@pytest.mark.parametrize("make", EITHER)
def test_a_lock_guards_what_is_not_atomic(make: Callable[[], Any]) -> None:
    lock = make()
    total = [0]

    def work() -> None:
        for _ in range(50):
            with lock:
                seen = total[0]
                sleep(0.001)
                total[0] = seen + 1

    join(start(work, work, work))
    assert total == [150]
    assert monotonic() == pytest.approx(0.15)


# ---- RLock ----


def test_an_rlock_is_taken_again_by_its_owner() -> None:
    lock = RLock()
    assert isinstance(lock, _thread.RLock)
    assert lock.acquire()
    assert lock.acquire(False)
    with lock:
        assert not in_thread(lambda: lock.acquire(False))
    lock.release()
    assert not in_thread(lambda: lock.acquire(False))
    lock.release()
    assert in_thread(lambda: lock.acquire(False))


# ---- Condition ----


@pytest.mark.parametrize("lock", [None, Lock, RLock])
def test_a_condition_wakes_as_many_as_are_told(lock: Callable[[], Any] | None, bubble: Bubble) -> None:
    condition = Condition(lock() if lock else None)
    woken: list[int] = []

    def wait(i: int) -> None:
        with condition:
            if condition.wait():
                woken.append(i)

    threads = start(*(lambda i=i: wait(i) for i in range(5)))
    for told, expected in (1, 1), (2, 3), (9, 5):
        bubble.wait()
        with condition:
            condition.notify(told)
        bubble.wait()
        assert len(woken) == expected
    join(threads)


def test_a_condition_waits_no_longer_than_it_shall() -> None:
    condition = Condition()
    with condition:
        assert condition.wait(30) is False
        assert monotonic() == 30.0
        assert condition.wait(0) is False
        assert condition.wait_for(lambda: False, timeout=12.5) is False
        assert monotonic() == 42.5
        assert condition.wait_for(lambda: 7) == 7
        condition.acquire()
        assert condition.wait(1) is False  # a lock that is taken twice is given away, and back
        condition.release()


def test_wait_for_looks_again_whenever_it_is_told() -> None:
    condition, state = Condition(), [0]

    def work() -> None:
        for _ in range(4):
            sleep(1)
            with condition:
                state[0] += 1
                condition.notify_all()

    threads = start(work)
    with condition:
        assert condition.wait_for(lambda: state[0] >= 3, timeout=100)
    assert monotonic() == 3.0
    join(threads)


def test_a_condition_needs_its_lock() -> None:
    condition = Condition()
    with pytest.raises(RuntimeError):
        condition.wait()
    with pytest.raises(RuntimeError):
        condition.notify()


# ---- Event ----


def test_an_event_tells_whether_it_was_set() -> None:
    event = Event()
    assert event.wait(10) is False
    assert monotonic() == 10.0
    timer = threading.Timer(5, event.set)
    timer.start()
    assert event.wait(10) is True
    assert monotonic() == 15.0
    assert event.wait() is True
    event.clear()
    assert event.wait(0) is False
    timer.join()


def test_an_event_wakes_all() -> None:
    event = Event()
    told: list[tuple[bool, float]] = []
    threads = start(*[lambda: told.append((event.wait(), monotonic()))] * 4)
    sleep(60)
    event.set()
    join(threads)
    assert told == [(True, 60.0)] * 4


# ---- Semaphore ----


def test_a_semaphore_admits_as_many_as_it_counts() -> None:
    semaphore = Semaphore(2)
    began: list[float] = []

    def work() -> None:
        with semaphore:
            began.append(monotonic())
            sleep(10)

    join(start(*[work] * 6))
    assert began == [0.0, 0.0, 10.0, 10.0, 20.0, 20.0]


def test_a_semaphore_waits_no_longer_than_it_shall() -> None:
    semaphore = Semaphore(0)
    assert semaphore.acquire(timeout=3) is False
    assert monotonic() == 3.0
    assert semaphore.acquire(blocking=False) is False
    with pytest.raises(ValueError):
        semaphore.acquire(blocking=False, timeout=1)
    semaphore.release(2)
    assert semaphore.acquire() and semaphore.acquire(timeout=1)
    assert monotonic() == 3.0


def test_a_bounded_semaphore_counts_no_further() -> None:
    semaphore = threading.BoundedSemaphore(1)
    with pytest.raises(ValueError):
        semaphore.release()
    with semaphore:
        assert not semaphore.acquire(timeout=1)


# ---- Barrier ----


def test_a_barrier_opens_for_the_last() -> None:
    barrier = threading.Barrier(3)
    passed: list[float] = []

    def work(i: int) -> None:
        sleep(i)
        barrier.wait()
        passed.append(monotonic())

    join(start(*(lambda i=i: work(i) for i in range(3))))
    assert passed == [2.0] * 3


def test_a_barrier_breaks_when_one_comes_too_late() -> None:
    barrier = threading.Barrier(2, timeout=5)
    with pytest.raises(threading.BrokenBarrierError):
        barrier.wait()
    assert monotonic() == 5.0
    assert barrier.broken
