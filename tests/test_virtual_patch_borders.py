"""virtual_time(patch=True): what lies inside and what outside, and how patches come and go."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from queue import Queue, SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

import pytest

import heartbeat as hb
from heartbeat.testing import _virtual_locks, virtual_time


def is_virtual(thing: object) -> bool:
    return type(thing).__module__ == _virtual_locks.__name__


def patched_names() -> list[object]:
    """What is replaced as an attribute while a patched bubble is in force."""
    return [
        Thread.start, Thread.join, Thread.is_alive, threading.Condition.wait, threading.Condition.wait_for,
        threading.Semaphore.acquire, threading.Semaphore.__enter__, Queue.put, Queue.get,
        ThreadPoolExecutor.submit, vars(threading)["_time"], vars(threading)["_allocate_lock"],
        vars(queue)["time"], vars(concurrent.futures.thread)["_global_shutdown_lock"],
    ]


# ---- inside and outside ----


def test_what_was_made_outside_stays_real() -> None:
    lock, event, items = Lock(), Event(), Queue[int](1)
    with virtual_time(patch=True):
        with lock:
            assert not is_virtual(lock)
        assert event.wait(0.01) is False
        with pytest.raises(queue.Empty):
            items.get(timeout=0.01)
        items.put(1)
        with pytest.raises(queue.Full):
            items.put(2, timeout=0.01)
        assert monotonic() == 0.0  # real waits stop the clock
    assert items.get() == 1


def test_a_participant_may_wait_for_a_thread_outside() -> None:
    begun, told = Event(), Event()

    def work() -> None:
        begun.wait()
        told.set()

    thread = Thread(target=work)
    thread.start()
    with virtual_time(patch=True):
        begun.set()
        assert told.wait(60)
        thread.join()
        assert not thread.is_alive()
        assert monotonic() == 0.0


def test_what_was_made_inside_is_refused_outside_while_the_bubble_lasts() -> None:
    errors: list[BaseException] = []

    def misuse() -> None:
        begun.wait()
        for call in made[0].acquire, lambda: made[1].put(1), made[2].wait:
            try:
                call()
            except hb.Error as error:
                errors.append(error)
        done.set()

    made: list[Any] = []
    begun, done = Event(), Event()
    thread = Thread(target=misuse)
    thread.start()
    with virtual_time(patch=True):
        made += [Lock(), SimpleQueue(), Event()]
        begun.set()
        done.wait()
    thread.join()
    assert len(errors) == 3


def test_what_was_made_inside_serves_on_in_real_time_afterwards() -> None:
    with virtual_time(patch=True):
        free, held, event, items, simple = Lock(), Lock(), Event(), Queue[int](), SimpleQueue[int]()
        held.acquire()
        never_started = Thread(target=event.set)
    with free:
        assert free.locked()
    assert not held.acquire(False)
    held.release()
    assert held.acquire(timeout=0.01)
    assert event.wait(0.01) is False
    never_started.start()
    assert event.wait(60)
    never_started.join()
    items.put(1)
    assert items.get(timeout=1) == 1
    simple.put(2)
    assert simple.get(timeout=1) == 2
    assert simple.empty()


def test_what_is_made_on_import_is_real(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made_on_import.py").write_text("import threading\nlock = threading.Lock()\n")
    monkeypatch.syspath_prepend(tmp_path)
    with virtual_time(patch=True):
        import made_on_import  # type: ignore[import-not-found]

        assert not is_virtual(made_on_import.lock)


def test_engine_and_library_mix() -> None:
    with virtual_time(patch=True):
        channel: hb.Channel[float] = hb.Channel()
        event = Event()

        def task() -> None:
            event.wait()
            hb.sleep(1)
            channel.send(monotonic())

        hb.go(task)
        threading.Timer(2, event.set).start()
        assert channel.recv() == 3.0


# ---- on and off ----


@pytest.mark.parametrize("error", [None, KeyError])
def test_all_is_as_before_afterwards(error: type[Exception] | None) -> None:
    before = patched_names()
    try:
        with virtual_time(patch=True):
            assert Thread.start is not before[0]
            assert is_virtual(Lock())
            if error:
                raise error
    except KeyError:
        pass
    assert patched_names() == before
    assert not is_virtual(Lock())


def test_bubbles_side_by_side_share_the_patches() -> None:
    before = patched_names()

    def work(n: int, jobs: Queue[int]) -> None:
        for i in range(20):
            sleep(n)
            jobs.put(i)

    def program(n: int) -> list[float]:
        told: list[float] = []
        with virtual_time(1000.0 * n, patch=True):
            jobs: Queue[int] = Queue(1)
            thread = Thread(target=work, args=(n, jobs))
            thread.start()
            for _ in range(20):
                jobs.get()
                told.append(monotonic())
            thread.join()
        return told

    results: dict[int, list[float]] = {}
    threads = [Thread(target=lambda n=n: results.update({n: program(n)})) for n in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [1000.0 * n + n * (i + 1) for i in range(20)] for n in (1, 2, 3, 4)}
    assert patched_names() == before
