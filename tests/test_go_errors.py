"""What becomes of a task's exception when nobody looks at it, and what a task is to the system."""

from __future__ import annotations

import gc
import sys
import threading
from typing import Any

import pytest

from heartbeat import Task, go
from support import run_program, wait_until

Told = list[threading.ExceptHookArgs]


def fail(error: BaseException) -> None:
    raise error


# ---- exceptions nobody looks at ----


def test_an_exception_nobody_looked_at_is_told_when_the_task_is_dropped(told: Told) -> None:
    error = ValueError("told")
    task = go(fail, error, name="failing")
    task.join()
    repr(task)
    assert not told
    del task
    gc.collect()
    [call] = told
    assert call.exc_type is ValueError and call.exc_value is error
    assert call.exc_traceback is error.__traceback__ is not None
    assert call.thread is not None and call.thread.name == "failing"


def test_it_is_told_of_a_task_that_was_dropped_before_its_end(told: Told) -> None:
    go(fail, ValueError("told"))
    wait_until(lambda: told)
    assert [str(call.exc_value) for call in told] == ["told"]


def test_it_is_told_once_even_if_the_hook_keeps_the_task(told: Told) -> None:
    task = go(fail, KeyboardInterrupt("told"))
    task.join()
    del task
    [call] = told
    assert isinstance(call.thread, Task)
    assert call.thread.exception is call.exc_value
    told.clear()
    del call
    gc.collect()
    assert not told


def test_looking_at_an_exception_is_enough(told: Told) -> None:
    task = go(fail, ValueError("seen"))
    task.join()
    assert str(task.exception) == "seen"
    del task
    assert not told


def test_system_exit_ends_a_task_quietly(told: Told) -> None:
    task = go(sys.exit, 5)
    assert task.result() is None
    assert isinstance(task.exception, SystemExit)
    go(sys.exit, 6).join()
    gc.collect()
    assert not told


def test_a_hook_that_fails_is_told_as_unraisable(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: unraisable.append(args.exc_value))
    monkeypatch.setattr(threading, "excepthook", lambda args: fail(OSError("hook")))
    go(fail, ValueError("task")).join()
    assert [str(error) for error in unraisable] == ["hook"]


# ---- the system ----


def test_threads_and_programs_started_by_a_task_take_signals() -> None:
    run_program("""
import heartbeat, signal, subprocess, sys, threading
mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
assert heartbeat.go(signal.pthread_sigmask, signal.SIG_BLOCK, []).result() == mask
command = [sys.executable, "-c", "input()"]
process = heartbeat.go(subprocess.Popen, command, stdin=subprocess.PIPE).result()
process.terminate()
assert process.wait() == -signal.SIGTERM
process.stdin.close()
""")


def test_no_more_threads() -> None:
    run_program("""
import gc, heartbeat, resource, sys, weakref
from support import memory
class Function:
    def __call__(self):
        return "ran"
function = Function()
watch = weakref.ref(function)
heartbeat.go(function).join()
limits = resource.getrlimit(resource.RLIMIT_AS)
waiting = [heartbeat.go(heartbeat.nil.recv)]
resource.setrlimit(resource.RLIMIT_AS, (memory(0) + (64 << 20), limits[1]))
try:
    while True:
        waiting.append(heartbeat.go(heartbeat.nil.recv))
        assert len(waiting) < 1000
except RuntimeError as error:
    assert "thread" in str(error), error
try:
    heartbeat.go(function)
    sys.exit("one more")
except RuntimeError:
    pass
del function
gc.collect()
assert watch() is None
resource.setrlimit(resource.RLIMIT_AS, limits)
assert heartbeat.go(Function()).result() == "ran"
""")
