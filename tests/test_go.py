"""go() and its Task: what the function gets, what becomes of what it returns or raises."""

from __future__ import annotations

import builtins
import contextvars
import functools
import gc
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from heartbeat import (
    Channel,
    Closed,
    Selector,
    Source,
    Task,
    after_func,
    go,
    nil,
    now,
    select,
    try_select,
)
from support import SOON, wait_for_receivers, wait_until

Told = list[threading.ExceptHookArgs]


def fail(error: BaseException) -> None:
    raise error


# ---- the call ----


def test_the_function_gets_its_arguments() -> None:
    def echo(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    assert go(echo).result() == ((), {})
    assert go(echo, 1, [2], key=3, fn=4, name="echo").result() == ((1, [2]), {"key": 3, "fn": 4})
    assert go(functools.partial(echo, 1), 2).result() == ((1, 2), {})


def test_a_task_has_a_name() -> None:
    def work() -> str:
        return Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text().rstrip("\n")

    assert go(len, [], name="reader").name == "reader"
    assert go(len, [], name=None).name.startswith("len-")
    assert "work" in go(work).name
    assert go(functools.partial(len, [])).name.startswith("task-")
    if sys.platform.startswith("linux"):
        assert go(work, name="reader").result() == "reader"
        assert go(work, name="a rather long name").result() == "a rather long n"
        assert go(work, name="").result() == ""


def test_context_variables_are_the_callers() -> None:
    variable = contextvars.ContextVar("variable", default="default")
    variable.set("before")
    let_go: Channel[None] = Channel()

    def work() -> list[str]:
        let_go.recv()
        seen = [variable.get()]
        variable.set("by the task")
        return [*seen, variable.get()]

    task = go(work)
    variable.set("after")
    let_go.send(None)
    assert task.result() == ["before", "by the task"]
    assert variable.get() == "after"


def test_threads_are_separate() -> None:
    local = threading.local()
    local.value = "main"
    let_go: Channel[None] = Channel()

    def work() -> tuple[int, bool, str]:
        let_go.recv()
        return threading.get_ident(), hasattr(local, "value"), threading.current_thread().name

    tasks = [go(work) for _ in range(5)]
    wait_for_receivers(let_go, 5)
    idents = [task.ident for task in tasks]
    let_go.send_many([None] * 5)
    results = [task.result() for task in tasks]
    assert [result[0] for result in results] == idents
    assert len({threading.get_ident(), *idents}) == 6
    assert not any(result[1] for result in results)


def test_hooks_of_the_threading_module_are_installed() -> None:
    traced: list[str] = []
    profiled: list[str] = []

    def hooked() -> bool:
        return sys.gettrace() is None and sys.getprofile() is None

    threading.settrace(lambda frame, event, arg: traced.append(frame.f_code.co_name))
    threading.setprofile(lambda frame, event, arg: profiled.append(frame.f_code.co_name))
    try:
        assert not go(hooked).result()
    finally:
        threading.settrace(None)
        threading.setprofile(None)
    assert "hooked" in traced and "hooked" in profiled
    assert go(hooked).result()


def test_a_thread_begins_without_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    importers: set[int] = set()
    told: Channel[int] = Channel()
    original = builtins.__import__

    def note(name: str, *rest: Any) -> Any:
        importers.add(threading.get_ident())
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", note)
    for start in (go, functools.partial(after_func, 0)):
        start(lambda: told.send(threading.get_ident()))
        assert told.recv(timeout=SOON) not in importers


def test_recursion_in_a_task_ends_with_recursion_error() -> None:
    def recurse(depth: int) -> int:
        return recurse(depth + 1)

    with pytest.raises(RecursionError):
        go(recurse, 0).result()


# ---- the end ----


def test_result_is_what_was_returned() -> None:
    value = object()
    task = go(lambda: value)
    assert [task.result(), task.result(SOON), task.result(timeout=0), task.result(deadline=0)] == [value] * 4
    assert task.done and task.exception is None


def test_result_raises_what_was_raised(told: Told) -> None:
    error = ValueError("told")
    task = go(fail, error)
    for _ in range(2):
        with pytest.raises(ValueError) as caught:
            task.result(SOON)
        assert caught.value is error
        assert "fail" in [entry.name for entry in caught.traceback]
    assert task.exception is error
    del task
    assert not told


def test_a_task_that_runs() -> None:
    channel: Channel[int] = Channel()
    task = go(channel.recv)
    begun = now()
    for wait in (task.join, task.result, lambda timeout: task.recv(timeout=timeout)):
        with pytest.raises(TimeoutError):
            wait(0)
        with pytest.raises(TimeoutError):
            wait(0.01)
    assert now() - begun >= 0.03
    assert not task.done and task.exception is None and try_select(task) is None
    assert task.try_recv("running") == "running"
    channel.send(5)
    task.join()
    assert task.done and task.result() == 5


def test_join_raises_nothing_of_the_task(told: Told) -> None:
    task = go(fail, ValueError("told"))
    assert task.join() is None
    assert task.join(0) is None
    assert not told
    del task
    assert len(told) == 1


def test_a_task_is_a_source_that_is_ready_for_ever_once_it_ended() -> None:
    assert issubclass(Task, Source)
    channel: Channel[None] = Channel()
    task = go(channel.recv)
    channel.send(None)
    for _ in range(3):
        selected = select(nil, task)
        assert selected == (1, None, False) and selected.source is task
    assert Selector([task]).select(timeout=0) == (0, None, False)
    for receive in (task.recv, task.try_recv):
        with pytest.raises(Closed, match="ended"):
            receive()


def test_many_may_wait_for_one_task(told: Told) -> None:
    channel: Channel[int] = Channel()
    error = ValueError("told")

    def work() -> None:
        channel.recv()
        raise error

    task = go(work)
    joining = [go(task.join) for _ in range(10)] + [go(select, task, nil) for _ in range(10)]
    asking = [go(task.result) for _ in range(10)]
    channel.send(1)
    for one in joining:
        one.result(SOON)
    assert [one.exception for one in asking if not one.join()] == [error] * 10
    assert not told


def test_a_task_lets_go_of_what_it_ran() -> None:
    class Argument:
        pass

    def work(*args: Any, **kwargs: Any) -> None:
        pass

    arguments = [Argument(), Argument()]
    watches = [weakref.ref(one) for one in (*arguments, work)]
    task = go(work, arguments[0], key=arguments[1])
    del work, arguments
    task.join()
    gc.collect()
    assert [watch() for watch in watches] == [None] * 3


def test_a_dropped_task_runs_on_and_is_released() -> None:
    channel: Channel[str] = Channel()
    watch = weakref.ref(go(lambda: channel.send("ran")))
    assert watch()
    assert channel.recv() == "ran"
    wait_until(lambda: watch() is None)


def test_a_task_may_hold_itself() -> None:
    channel: Channel[Task] = Channel()

    def work() -> None:
        task = channel.recv()
        assert task.ident == threading.get_ident() and not task.done
        del task

    task = go(work)
    watch = weakref.ref(task)
    channel.send(task)
    del task
    wait_until(lambda: watch() is None)


def test_thousands_of_tasks() -> None:
    def work(number: int) -> int:
        return go(lambda: number).result()

    tasks = [go(work, number) for number in range(1000)]
    assert [task.result() for task in tasks] == list(range(1000))


def test_hundreds_of_tasks_at_once() -> None:
    channel: Channel[int] = Channel()
    tasks = [go(channel.recv) for _ in range(300)]
    wait_for_receivers(channel, 300)
    channel.send_many(range(300))
    assert sorted(task.result() for task in tasks) == list(range(300))
