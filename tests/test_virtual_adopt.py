"""Bubble.adopt(): threads that the engine did not start take part."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import heartbeat as hb
from heartbeat.testing import Bubble, LeakError, virtual_time

Run = Callable[[Callable[[], object]], None]
Adopt = Callable[[Bubble, Callable[[], object]], None]


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs functions on plain threads, and joins them in real time after the test."""
    threads: list[threading.Thread] = []

    def start(fn: Callable[[], object]) -> None:
        threads.append(threading.Thread(target=fn, name=getattr(fn, "__name__", None)))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


@pytest.fixture
def adopt(run: Run) -> Adopt:
    """Runs a function on a plain thread that is adopted, and returns once it takes part."""

    def start(bubble: Bubble, fn: Callable[[], object]) -> None:
        def worker() -> None:
            bubble.adopt()
            takes_part.set()
            fn()

        takes_part = threading.Event()
        run(worker)
        takes_part.wait()

    return start


# ---- taking part ----


def test_an_adopted_thread_lives_on_the_clock_of_the_bubble(adopt: Adopt) -> None:
    told: list[float] = []

    def worker() -> None:
        hb.sleep(3600)
        told.append(hb.now())

    with virtual_time() as bubble:
        adopt(bubble, worker)
        bubble.advance(3600)
    assert told == [3600.0]


def test_adopted_threads_and_the_host_share_channels(adopt: Adopt) -> None:
    def worker() -> None:
        for i in range(3):
            hb.sleep(10)
            channel.send((i, hb.now()))
        channel.close()

    with virtual_time() as bubble:
        channel: hb.Channel[tuple[int, float]] = hb.Channel()
        adopt(bubble, worker)
        assert list(channel) == [(0, 10.0), (1, 20.0), (2, 30.0)]


def test_a_block_ends_the_part() -> None:
    told: list[float] = []
    takes_part = threading.Event()

    def worker() -> None:
        with bubble.adopt() as adopted:
            takes_part.set()
            assert adopted is bubble
            hb.sleep(5)
            told.append(hb.now())
        told.append(hb.now())

    before = hb.now()
    with virtual_time() as bubble:
        thread = threading.Thread(target=worker)
        thread.start()
        takes_part.wait()
        bubble.advance(5)
        thread.join()
    assert told[0] == 5.0
    assert told[1] >= before


def test_a_block_ends_the_part_after_an_exception() -> None:
    told: list[int] = []

    def worker() -> None:
        with pytest.raises(KeyError), bubble.adopt():
            raise KeyError
        with bubble.adopt():  # would be refused if it took part still
            told.append(len(bubble.participants()))

    with virtual_time() as bubble:
        thread = threading.Thread(target=worker)
        thread.start()
        thread.join()
        assert len(bubble.participants()) == 1
    assert told == [2]


def test_the_end_of_the_thread_ends_the_part() -> None:
    with virtual_time() as bubble:
        for _ in range(5):
            thread = threading.Thread(target=bubble.adopt)
            thread.start()
            thread.join()
        bubble.wait()  # Python has done with them, and now the system has
        hb.sleep(1)
        assert len(bubble.participants()) == 1


def test_time_stands_still_while_an_adopted_thread_runs(adopt: Adopt) -> None:
    steps: list[int] = []

    def worker() -> None:
        steps.extend(range(100_000))
        hb.sleep(1)

    with virtual_time() as bubble:
        adopt(bubble, worker)
        bubble.wait()
        assert len(steps) == 100_000
        assert hb.now() == 0.0
        bubble.advance(1)


def test_what_an_adopted_thread_starts_takes_part(adopt: Adopt) -> None:
    told: list[float] = []

    def task() -> float:
        hb.sleep(7)
        return hb.now()

    with virtual_time() as bubble:
        adopt(bubble, lambda: told.append(hb.go(task).result()))
        bubble.advance(7)
    assert told == [7.0]


def test_an_adopted_thread_that_is_still_there_is_named(run: Run) -> None:
    takes_part = threading.Event()

    def late_one() -> None:
        bubble.adopt()
        takes_part.set()
        with pytest.raises(hb.Stopped):
            hb.sleep(3600)

    with pytest.raises(LeakError, match="late_one"), virtual_time() as bubble:
        run(late_one)
        takes_part.wait()


def test_a_thread_made_without_python_can_be_adopted() -> None:
    told: list[float] = []
    takes_part = threading.Event()

    def body(_: object) -> None:
        with bubble.adopt():
            takes_part.set()
            hb.sleep(2)
            told.append(hb.now())

    libc = ctypes.CDLL(None)
    start = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(body)
    handle = ctypes.c_ulong()
    with virtual_time() as bubble:
        assert libc.pthread_create(ctypes.byref(handle), None, start, None) == 0
        takes_part.wait()
        bubble.advance(2)
    assert libc.pthread_join(handle, None) == 0
    assert told == [2.0]


@pytest.mark.parametrize("patch", [False, True])
def test_an_adopted_thread_is_patched_as_the_bubble_is(run: Run, patch: bool) -> None:
    told: list[float] = []
    bubbles: list[Bubble] = []
    begun, takes_part = threading.Event(), threading.Event()

    def worker() -> None:
        begun.wait()
        bubbles[0].adopt()
        takes_part.set()
        told.append(time.time())

    run(worker)
    with virtual_time(patch=patch) as bubble:
        bubbles.append(bubble)
        begun.set()
        takes_part.wait()
        bubble.wait()
    assert (told == [946684800.0]) == patch


# ---- what is refused ----


def test_adopting_a_thread_twice_is_an_error() -> None:
    told: list[str] = []

    def worker() -> None:
        with bubble.adopt(), pytest.raises(hb.Error) as raised:
            bubble.adopt()
        told.append(str(raised.value))

    with virtual_time() as bubble:
        with pytest.raises(hb.Error, match="takes part in the bubble already"):
            bubble.adopt()  # the host
        thread = threading.Thread(target=worker)
        thread.start()
        thread.join()
    assert told == ["this thread takes part in the bubble already"]


def test_a_thread_of_another_bubble_is_refused() -> None:
    other = Bubble()
    with virtual_time(), pytest.raises(hb.Error, match="another bubble"):
        other.adopt()


def test_a_bubble_that_has_not_begun_or_is_over_adopts_nobody() -> None:
    bubble = Bubble()
    with pytest.raises(hb.Error, match="has not begun, or is over"):
        bubble.adopt()
    with bubble:
        assert hb.now() == 0.0
    with pytest.raises(hb.Error, match="has not begun, or is over"):
        bubble.adopt()
    assert hb.now() > 0.0


def test_a_block_that_another_thread_ends_is_an_error(run: Run) -> None:
    adoptions: list[Any] = []
    takes_part = threading.Event()

    def worker() -> None:
        adoptions.append(bubble.adopt())
        takes_part.set()
        hb.sleep(1)

    with virtual_time() as bubble:
        run(worker)
        takes_part.wait()
        with pytest.raises(hb.Error):
            adoptions[0].__exit__(None, None, None)
        assert len(bubble.participants()) == 2
        bubble.advance(1)
