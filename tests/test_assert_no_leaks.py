"""assert_no_leaks(): what counts as a leak, how it is named, and what is no leak."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from heartbeat import Channel, Heartbeat, Monitor, Timer, Worker, _native, after_func, go, tick, watch_gil
from heartbeat.testing import LeakError, assert_no_leaks, virtual_time
from support import SOON, not_address_sanitized, run_program, wait_until


@contextmanager
def thread_left() -> Iterator[str]:
    channel: Channel[int] = Channel(name="jobs")
    task = go(list, channel, name="eater")
    wait_until(lambda: any("from channel 'jobs'" in where for _, _, _, where, *_ in _native._alive()))
    yield r"thread 'eater', started at \S*test_assert_no_leaks.py:\d+: receive from channel 'jobs' .*" \
          r"; jobs was made at \S*test_assert_no_leaks.py:\d+"
    channel.close()
    task.join()


@contextmanager
def worker_left() -> Iterator[str]:
    with Worker(lambda ctx: ctx.sleep(1000), name="idler"):
        yield r"thread 'idler', started at \S*test_assert_no_leaks.py:\d+: "


@contextmanager
def timer_left() -> Iterator[str]:
    def remind() -> None:
        raise AssertionError("it was stopped")
    timer = after_func(1000, remind)
    yield r"after_func 'timer_left.<locals>.remind', made at \S*test_assert_no_leaks.py:\d+: will be called in \d+"
    timer.stop()


@contextmanager
def call_left() -> Iterator[str]:
    entered: Channel[None] = Channel()
    gate: Channel[int] = Channel(name="gate")

    def remind() -> None:
        entered.send(None)
        gate.recv()
    after_func(0, remind)
    entered.recv()
    yield r"after_func 'call_left.<locals>.remind', made at \S*test_assert_no_leaks.py:\d+: is being called"
    gate.send(1)


@contextmanager
def monitor_left() -> Iterator[str]:
    monitor = Monitor(name="guard").start()
    yield r"monitor 'guard', made at \S*test_assert_no_leaks.py:\d+: watches"
    monitor.close()


@contextmanager
def caller_left() -> Iterator[str]:
    with Monitor(on_event=print):
        yield r"thread 'hb-on-event', started at \S*test_assert_no_leaks.py:\d+: "


@contextmanager
def gil_watch_left() -> Iterator[str]:
    with watch_gil(1000):
        yield r"monitor 'interpreter'"


@contextmanager
def waiter_left() -> Iterator[str]:
    channel: Channel[int] = Channel(name="awaited")
    thread = threading.Thread(target=list, args=[channel], name="other", daemon=True)
    thread.start()
    wait_until(lambda: any(kind == "wait" for kind, *_ in _native._alive()))
    yield r"awaited by thread 'other': receive from channel 'awaited' .*; awaited was made at \S*_no_leaks.py:\d+"
    channel.close()
    thread.join()


LEFT: list[Callable[[], Any]] = [thread_left, worker_left, timer_left, call_left, monitor_left, caller_left,
                                 gil_watch_left, waiter_left]
all_that_leaks = pytest.mark.parametrize("left", LEFT, ids=[left.__name__ for left in LEFT])


@all_that_leaks
def test_what_is_left_is_named(left: Callable[[], Any]) -> None:
    with left() as description:
        with pytest.raises(LeakError, match=description):
            assert_no_leaks(grace=0)
    assert_no_leaks(grace=SOON)


@all_that_leaks
def test_what_is_born_in_the_block_counts(left: Callable[[], Any]) -> None:
    manager = left()
    with pytest.raises(LeakError) as caught:
        with assert_no_leaks(grace=0):
            description = manager.__enter__()
    assert re.search(description, str(caught.value))
    with assert_no_leaks(grace=SOON):
        manager.__exit__(None, None, None)


@all_that_leaks
def test_what_was_there_before_the_block_does_not_count(left: Callable[[], Any]) -> None:
    with left():
        with assert_no_leaks(grace=0):
            pass


def test_all_of_them_are_named_in_one_error() -> None:
    with thread_left(), timer_left(), pytest.raises(LeakError, match="^2 things are still alive now") as caught:
        assert_no_leaks(grace=0)
    assert len(str(caught.value).splitlines()) == 3


def test_a_leak_is_a_failed_assertion() -> None:
    with timer_left(), pytest.raises(AssertionError):
        assert_no_leaks(grace=0)


# ---- no leaks ----


def test_what_needs_no_end_is_no_leak() -> None:
    with assert_no_leaks(grace=0):
        kept = [Timer(1000), tick(1000), Heartbeat(interval=1), Monitor(), Worker(print), Channel(3)]
    assert kept


def test_what_has_ended_is_no_leak() -> None:
    with assert_no_leaks(grace=SOON):
        go(int).join()
        after_func(1000, print).stop()
        Monitor(on_event=print).start().close()
        with Worker(lambda ctx: ctx.recv(ctx.done)):
            pass


def test_servants_of_the_engine_are_no_leaks() -> None:
    done: Channel[None] = Channel()
    with assert_no_leaks(grace=SOON):
        after_func(0, lambda: done.send(None))
        done.recv()


def test_a_monitor_nobody_holds_has_ended() -> None:
    with assert_no_leaks(grace=0):
        cycle: list[Any] = [Monitor().start()]
        cycle.append(cycle)
        del cycle


def test_a_timer_that_is_reset_is_one_timer_until_it_is_stopped() -> None:
    with assert_no_leaks(grace=0):
        timer = after_func(1000, print)
        timer.reset(500)
        timer.stop()
        timer.reset(500)
        timer.reset(600)
        with pytest.raises(LeakError, match="1 thing is"):
            assert_no_leaks(grace=0)
        assert timer.stop()


def test_grace_waits_for_what_is_about_to_end() -> None:
    gate: Channel[int] = Channel()
    with assert_no_leaks(grace=SOON):
        go(gate.recv)
        after_func(0.02, lambda: gate.send(1))


# ---- how it is used ----


def test_a_block_that_raises_is_not_checked() -> None:
    manager = thread_left()
    with pytest.raises(KeyError):
        with assert_no_leaks(grace=0):
            manager.__enter__()
            raise KeyError
    manager.__exit__(None, None, None)


def test_as_a_decorator() -> None:
    @assert_no_leaks(grace=0)
    def leaks(manager: Any) -> None:
        manager.__enter__()

    for _ in range(2):
        manager = timer_left()
        with pytest.raises(LeakError, match="after_func"):
            leaks(manager)
        manager.__exit__(None, None, None)


def test_as_a_function_that_others_call() -> None:
    with timer_left():
        with pytest.raises(LeakError):
            (lambda: assert_no_leaks(grace=0))()
        pytest.raises(LeakError, assert_no_leaks, grace=0)


@pytest.mark.parametrize("grace", [-1, -0.001, float("nan"), timedelta(seconds=-1)])
def test_grace_is_no_negative_time(grace: Any) -> None:
    with pytest.raises(ValueError, match="grace"):
        assert_no_leaks(grace=grace)


@pytest.mark.parametrize("grace", ["1", None, []])
def test_grace_is_a_number(grace: Any) -> None:
    with pytest.raises(TypeError):
        assert_no_leaks(grace=grace)


def test_grace_may_be_a_timedelta() -> None:
    with timer_left(), pytest.raises(LeakError):
        assert_no_leaks(grace=timedelta(milliseconds=1))


# ---- bubbles ----


def test_in_a_bubble_its_own_count_as_soon_as_all_wait() -> None:
    with virtual_time() as bubble:
        gate: Channel[int] = Channel(name="gate")
        task = go(gate.recv, name="inside")
        with pytest.raises(LeakError, match="thread 'inside'.*: receive from channel 'gate'"):
            assert_no_leaks()
        gate.send(1)
        task.join()
        assert_no_leaks()
        assert bubble.now == 0


def test_a_bubble_and_the_world_outside_do_not_see_each_other() -> None:
    inside, over = threading.Event(), threading.Event()

    def elsewhere() -> None:
        with virtual_time():
            gate: Channel[None] = Channel()
            task = go(gate.recv, name="inside")
            inside.set()
            assert over.wait(SOON)
            gate.send(None)
            task.join()
    thread = threading.Thread(target=elsewhere)
    with assert_no_leaks(grace=0):
        thread.start()
        assert inside.wait(SOON)
    with timer_left(), virtual_time():
        assert_no_leaks()
    over.set()
    thread.join()


# ---- without pytest, and elsewhere ----


def test_without_tracking_the_place_is_not_told() -> None:
    assert run_program("""
        from heartbeat import after_func
        from heartbeat.testing import LeakError, assert_no_leaks
        after_func(1000, print)
        try:
            assert_no_leaks(grace=0)
        except LeakError as error:
            print(str(error).rpartition(" in ")[0])
    """) == "1 thing is still alive now:\n  after_func 'print': will be called\n"


@not_address_sanitized
def test_the_child_of_a_fork_begins_with_nothing() -> None:
    assert run_program("""
        import os
        from heartbeat import Channel, Monitor, after_func, go
        from heartbeat.testing import assert_no_leaks
        kept = [Monitor(on_event=print).start(), after_func(1000, print), go(Channel().recv)]
        if os.fork() == 0:
            assert_no_leaks(grace=0)
            with assert_no_leaks(grace=0):
                kept[1].reset(1000)
                kept[1].stop()
            print("clean")
        else:
            os.wait()
    """) == "clean\n"
