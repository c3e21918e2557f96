"""virtual_time(patch=True): threads, timers and executors take part, queues wait on the bubble's clock."""

from __future__ import annotations

import concurrent.futures
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Queue, SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any, Literal

import pytest

import heartbeat as hb
from heartbeat.testing import LeakError, _virtual_locks, virtual_time

HOUR = 3600.0


def tell(into: list[Any], call: Callable[[], Any]) -> Callable[[], None]:
    return lambda: into.append(call())


def is_virtual(thing: object) -> bool:
    return type(thing).__module__ == _virtual_locks.__name__


# ---- programs ----


def test_a_producer_and_a_consumer_that_sleep_for_hours() -> None:
    def produce() -> None:
        for i in range(5):
            sleep(HOUR)
            jobs.put(i)
        jobs.put(None)

    with virtual_time(patch=True):
        jobs: Queue[int | None] = Queue(maxsize=1)
        producer = Thread(target=produce)
        producer.start()
        got: list[tuple[int, float]] = []
        while (job := jobs.get()) is not None:
            got.append((job, monotonic()))
        producer.join()
    assert got == [(i, (i + 1) * HOUR) for i in range(5)]


def test_the_same_program_does_the_same_each_time() -> None:
    def once() -> list[tuple[int, float]]:
        told: list[tuple[int, float]] = []

        def work(i: int) -> None:
            for _ in range(3):
                sleep(i + 1)
                told.append((i, monotonic()))

        with virtual_time(patch=True):
            threads = [Thread(target=work, args=(i,)) for i in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return told

    first = once()
    assert all(once() == first for _ in range(20))


@pytest.mark.parametrize("schedule", ["random", "pct"])
def test_a_seed_decides_who_is_next(schedule: Literal["random", "pct"]) -> None:
    def once(seed: int) -> list[tuple[int, int]]:
        def work(i: int) -> None:
            for k in range(3):
                with lock:
                    jobs.put((i, k))

        with virtual_time(seed=seed, patch=True, schedule=schedule):
            lock, jobs = Lock(), Queue[tuple[int, int]](2)
            with ThreadPoolExecutor(3) as executor:
                futures = [executor.submit(work, i) for i in range(3)]
                got = [jobs.get() for _ in range(9)]
                assert all(future.result() is None for future in futures)
        return got

    courses = [once(seed) for seed in range(20)]
    assert courses == [once(seed) for seed in range(20)]
    assert len({tuple(course) for course in courses}) > 1


def test_two_locks_taken_in_opposite_order_are_a_deadlock() -> None:
    def work(first: Any, second: Any) -> None:
        with first:
            sleep(1)
            with second:
                pytest.fail("nobody gets here")

    with pytest.raises(hb.DeadlockError) as raised, virtual_time(patch=True):
        one, other = Lock(), Lock()
        threads = [Thread(target=work, args=(one, other), name="upwards"),
                   Thread(target=work, args=(other, one), name="downwards")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for thread in threads:
        thread.join()
    text = str(raised.value)
    assert "'upwards'" in text and "'downwards'" in text and "threading.Lock" in text


# ---- Thread ----


def test_a_thread_takes_part_from_its_start_to_its_end() -> None:
    with virtual_time(patch=True) as bubble:
        thread = Thread(target=sleep, args=(10,), name="sleeper")
        assert len(bubble.participants()) == 1
        thread.start()
        assert len(bubble.participants()) == 2
        sleep(1)
        assert [each.name for each in bubble.participants()][1:] == ["sleeper"]
        assert thread.is_alive()
        thread.join()
        assert not thread.is_alive()
        assert len(bubble.participants()) == 1
        assert monotonic() == 10.0


def test_join_waits_no_longer_than_it_shall() -> None:
    with virtual_time(patch=True):
        thread = Thread(target=sleep, args=(10,))
        thread.start()
        thread.join(4)
        assert (monotonic(), thread.is_alive()) == (4.0, True)
        thread.join(timeout=0)
        thread.join(-1)
        assert (monotonic(), thread.is_alive()) == (4.0, True)
        thread.join(100)
        assert (monotonic(), thread.is_alive()) == (10.0, False)
        thread.join()


def test_threads_refuse_what_they_refuse_outside() -> None:
    with virtual_time(patch=True):
        thread = Thread(target=lambda: None)
        with pytest.raises(RuntimeError):
            thread.join()
        thread.start()
        with pytest.raises(RuntimeError):
            thread.start()
        thread.join()
        with pytest.raises(RuntimeError):
            threading.current_thread().join()


def test_whether_a_thread_is_alive_is_no_matter_of_luck() -> None:
    with virtual_time(patch=True):
        for _ in range(50):
            began = monotonic()
            thread = Thread(target=sleep, args=(0.5,))
            thread.start()
            while thread.is_alive():
                sleep(1)
            assert monotonic() == began + 1


def test_subclasses_of_thread_take_part() -> None:
    class Worker(Thread):
        def __init__(self) -> None:
            super().__init__(name="worker")
            self.told: list[float] = []

        def run(self) -> None:
            sleep(3)
            self.told.append(monotonic())

    with virtual_time(patch=True):
        worker = Worker()
        worker.start()
        worker.join()
    assert worker.told == [3.0]


def test_a_thread_made_outside_takes_part_if_a_participant_starts_it() -> None:
    told: list[float] = []

    def work() -> None:
        sleep(5)
        told.append(monotonic())

    thread = Thread(target=work)
    with virtual_time(patch=True):
        thread.start()
        thread.join()
    assert told == [5.0]


def test_what_a_thread_starts_takes_part_too() -> None:
    def nested(depth: int) -> None:
        sleep(1)
        if depth:
            thread = Thread(target=nested, args=(depth - 1,))
            thread.start()
            thread.join()

    with virtual_time(patch=True):
        nested(5)
        assert monotonic() == 6.0


def test_an_exception_in_a_thread_is_told_as_ever(told: list[threading.ExceptHookArgs]) -> None:
    def work() -> None:
        raise KeyError("lost")

    with virtual_time(patch=True):
        thread = Thread(target=work)
        thread.start()
        thread.join()
    assert [each.exc_type for each in told] == [KeyError]
    assert told[0].thread is thread


@pytest.mark.parametrize("daemon", [False, True])
def test_a_thread_that_is_left_is_named_and_ends(daemon: bool, told: list[threading.ExceptHookArgs]) -> None:
    with pytest.raises(LeakError, match="forgotten"):
        with virtual_time(patch=True):
            thread = Thread(target=Event().wait, name="forgotten", daemon=daemon)
            thread.start()
    thread.join()
    assert told == []  # the end of the bubble is none of its faults


def test_a_thread_that_cannot_start_leaves_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("can't start new thread")

    name = "_start_joinable_thread" if sys.version_info >= (3, 13) else "_start_new_thread"
    with virtual_time(patch=True) as bubble:
        with monkeypatch.context() as patch:
            patch.setattr(threading, name, refuse)
            with pytest.raises(RuntimeError):
                Thread(target=sleep).start()
        assert len(bubble.participants()) == 1
        bubble.advance(1)


# ---- Timer ----


def test_a_timer_calls_at_its_instant() -> None:
    told: list[float] = []
    with virtual_time(patch=True):
        timer = threading.Timer(HOUR, tell(told, monotonic))
        timer.start()
        cancelled = threading.Timer(2 * HOUR, tell(told, monotonic))
        cancelled.start()
        timer.join()
        cancelled.cancel()
        cancelled.join()
        assert monotonic() == HOUR
    assert told == [HOUR]


# ---- queues ----


@pytest.mark.parametrize("kind", [Queue, queue.LifoQueue, queue.PriorityQueue])
def test_a_queue_waits_no_longer_than_it_shall(kind: type[Queue[int]]) -> None:
    with virtual_time(patch=True):
        items = kind(1)
        with pytest.raises(queue.Empty):
            items.get(timeout=5)
        items.put(1, timeout=5)
        with pytest.raises(queue.Full):
            items.put(2, timeout=5)
        assert monotonic() == 10.0
        with pytest.raises(queue.Full):
            items.put_nowait(2)
        assert items.get(timeout=5) == 1
        with pytest.raises(queue.Empty):
            items.get_nowait()
        with pytest.raises(ValueError):
            items.get(timeout=-1)
        assert monotonic() == 10.0


def test_join_of_a_queue_waits_until_all_is_done() -> None:
    def work() -> None:
        while jobs.get() is not None:
            sleep(10)
            jobs.task_done()
        jobs.task_done()

    with virtual_time(patch=True):
        jobs: Queue[int | None] = Queue()
        for job in (1, 2, 3, None):
            jobs.put(job)
        worker = Thread(target=work)
        worker.start()
        jobs.join()
        assert monotonic() == 30.0
        with pytest.raises(ValueError):
            jobs.task_done()
        worker.join()


def test_a_simple_queue_is_one() -> None:
    with virtual_time(patch=True):
        items: SimpleQueue[int | None] = SimpleQueue()
        assert is_virtual(items)
        assert isinstance(items, SimpleQueue)
        with pytest.raises(queue.Empty):
            items.get(timeout=5)
        assert monotonic() == 5.0
        with pytest.raises(queue.Empty):
            items.get_nowait()
        with pytest.raises(ValueError):
            items.get(timeout=-1)
        for each in (1, None, 3):
            items.put(each)
        assert (items.qsize(), items.empty()) == (3, False)
        assert [items.get(), items.get(False), items.get_nowait()] == [1, None, 3]
        assert items.empty()


# ---- executors ----


def test_an_executor_works_side_by_side_on_the_clock() -> None:
    def work(seconds: float) -> float:
        sleep(seconds)
        return monotonic()

    with virtual_time(patch=True), ThreadPoolExecutor(2) as executor:
        assert list(executor.map(work, [5, 1, 3])) == [5.0, 1.0, 4.0]
        future = executor.submit(work, 100)
        with pytest.raises(concurrent.futures.TimeoutError):
            future.result(timeout=10)
        assert monotonic() == 15.0
        assert future.result() == 105.0
        slow, quick = executor.submit(work, 9), executor.submit(work, 2)
        assert list(concurrent.futures.as_completed([slow, quick])) == [quick, slow]
        done, _ = concurrent.futures.wait([executor.submit(work, 1)], timeout=60)
        assert len(done) == 1
        assert monotonic() == 115.0


def test_an_executor_made_outside_stays_outside() -> None:
    with ThreadPoolExecutor(1) as executor:
        with virtual_time(patch=True) as bubble:
            future = executor.submit(hb.now)
            assert future.result(timeout=60) > 0.0
            assert executor.submit(threading.current_thread).result() is not threading.current_thread()
            assert len(bubble.participants()) == 1
            assert monotonic() == 0.0
