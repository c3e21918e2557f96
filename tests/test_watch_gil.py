"""The interpreter has a heartbeat too: it stops while somebody keeps the lock, and tells who."""

from __future__ import annotations

import math
import sysconfig
import threading
from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import Heartbeat, Monitor, watch_gil
from support import (
    QUIET, SOON, not_address_sanitized, not_thread_sanitized, run_program, threads_named, wait_until)

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
needs_gil = pytest.mark.skipif(FREE_THREADED, reason="there is no interpreter lock to hold")

HOLD = """
import ctypes, os, sys, threading, time
from heartbeat import *
reader, writer = os.pipe()
def hold():
    '''Keeps the interpreter lock until something comes through the pipe.'''
    ctypes.PyDLL(None).read(reader, ctypes.create_string_buffer(1), 1)
"""


def test_an_interpreter_that_is_well() -> None:
    with watch_gil(2.0) as monitor:
        assert isinstance(monitor, Monitor) and monitor.name == "interpreter"
        wait_until(lambda: monitor.status == "healthy")
        with pytest.raises(TimeoutError):
            monitor.recv(timeout=5 * QUIET)
        [health] = monitor.check()
        assert isinstance(health.beat, Heartbeat) and health.beat.name == "interpreter" and health.healthy


@needs_gil
def test_who_holds_the_lock_is_named_while_it_does() -> None:
    run_program(HOLD + f"""
told, gate = Channel(None), Channel()
holder = threading.Thread(target=lambda: (gate.recv(), hold()), name="greedy")
holder.start()
monitor = watch_gil(0.2, on_event=told.send).notify(writer, b"!")
gate.send(None)
holder.join()
released = now()
health = told.recv(timeout={SOON})
assert (health.healthy, health.cause) == (False, "starved"), health
assert health.since + health.silent_for <= released, health
assert health.silent_for >= 0.2 and health.beat.name == "interpreter", health
assert f"held by thread 'greedy' (native id {{holder.native_id}})" in health.where, health
assert "in hold" in (health.stack or "in hold"), health
assert told.recv(timeout={SOON}).healthy
monitor.close()
""")


@needs_gil
def test_who_could_not_run_reads_afterwards_who_held_it() -> None:
    """Of what nobody read the newest is kept, which is the recovery: it tells what it ended."""
    run_program(HOLD + f"""
with watch_gil(0.2).notify(writer, b"!") as monitor:
    hold()
    health = monitor.recv(timeout={SOON})
    while not health.healthy:
        health = monitor.recv(timeout={SOON})
    assert health.silent_for >= 0.2 and "'MainThread'" in health.where and "in hold" in (health.stack or "in hold"), health
""")


@needs_gil
@pytest.mark.parametrize("start", [
    "task = go(hold, name='greedy')", "hold(); task = go(int)", "after_func(0, hold); task = go(int)"])
def test_any_thread_can_be_the_holder(start: str) -> None:
    run_program(HOLD + f"""
told = Channel(None)
monitor = watch_gil(0.2, on_event=told.send).notify(writer, b"!")
{start}
health = told.recv(timeout={SOON})
assert health.cause == "starved" and "held by thread '" in health.where, health
assert "greedy" in health.where or "task" not in {start[:7]!r}, health
assert "in hold" in (health.stack or "in hold"), health
assert told.recv(timeout={SOON}).healthy
task.join()
monitor.close()
""")


@needs_gil
def test_computing_with_the_lock_is_named_too() -> None:
    run_program(HOLD + f"""
told = Channel(None)
with watch_gil(0.1, on_event=told.send) as monitor:
    digits = 200_000
    while not (health := told.try_recv()):
        pow(7, digits)
        digits *= 2
    assert health.cause == "starved" and "'MainThread'" in health.where, health
    assert "<module>" in (health.stack or "<module>"), health
""")


@needs_gil
def test_native_actions_end_the_process_while_the_lock_is_held() -> None:
    run_program(HOLD + """
watch_gil(0.2).exit(4)
hold()
""", status=4)


def test_threads_that_share_the_lock_are_no_alarm() -> None:
    """Each gets it for five milliseconds at a time."""
    done = threading.Event()

    def spin() -> None:
        while not done.is_set():
            pass

    threads = [threading.Thread(target=spin) for _ in range(3)]
    with watch_gil(3.0) as monitor:
        for thread in threads:
            thread.start()
        with pytest.raises(TimeoutError):
            monitor.recv(timeout=10 * QUIET)
        done.set()
        for thread in threads:
            thread.join()


def test_its_thread_ends_with_it() -> None:
    for end in ("close", "drop"):
        monitor: Monitor | None = watch_gil(1000)
        wait_until(lambda: threads_named("hb-watch-gil") == 1)
        if monitor and end == "close":
            assert monitor.close() and not monitor.close()
        monitor = None
        wait_until(lambda: threads_named("hb-watch-gil") == 0)


@not_thread_sanitized
@pytest.mark.parametrize("kept", ["monitor = ", ""])
@pytest.mark.parametrize("options", ["1e-4", "1000", "0.05, on_event=print", "1000).exit(3"])
def test_it_does_not_hold_up_the_end(kept: str, options: str) -> None:
    run_program(f"""
from heartbeat import *
import time
{kept}watch_gil({options})
time.sleep(0.02)
""", status=0)


def test_who_is_held_up_by_something_else_has_not_asked() -> None:
    """Its thread looks up the names of all threads with the lock, and may wait for theirs."""
    with watch_gil(0.3) as monitor:
        wait_until(lambda: monitor.status == "healthy")
        with threading._active_limbo_lock:  # type: ignore[attr-defined]
            with pytest.raises(TimeoutError):
                monitor.recv(timeout=1.0)
            assert all(health.healthy for health in monitor.check())


@not_address_sanitized
@not_thread_sanitized
def test_at_a_fork_the_child_watches_anew() -> None:
    run_program(f"""
import os, warnings
from heartbeat import *
from support import wait_until
warnings.simplefilter("ignore")
monitor = watch_gil(5)
wait_until(lambda: monitor.status == "healthy")
pid = os.fork()
if not pid:
    monitor.close()
    with watch_gil(5) as own:
        wait_until(lambda: own.status == "healthy")
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
assert monitor.try_recv() is None
monitor.close()
""")


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: watch_gil(0), ValueError, "limit"),
    (lambda: watch_gil(-1), ValueError, "limit"),
    (lambda: watch_gil(None), ValueError, "limit"),
    (lambda: watch_gil(math.inf), ValueError, "limit"),
    (lambda: watch_gil("soon"), TypeError, "limit"),
    (lambda: watch_gil(), TypeError, "limit"),
    (lambda: watch_gil(1, print), TypeError, "argument"),
    (lambda: watch_gil(1, on_event=3), TypeError, "on_event"),
])
def test_bad_input_is_refused(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
