"""`help()` teaches what a name does, how to call it and in which unit; `repr` tells state."""

from __future__ import annotations

import inspect
import pydoc
from collections.abc import Iterator
from typing import Any

import pytest

import heartbeat
from heartbeat import (
    Channel,
    Heartbeat,
    Selector,
    Task,
    Timer,
    after_func,
    go,
    nil,
    recv,
    select,
    send,
    tick,
)

SOON = 30.0  # seconds
DURATIONS = {"timeout", "deadline", "d", "interval"}
FUNCTIONS = [name for name in heartbeat.__all__ if inspect.isroutine(getattr(heartbeat, name))]
CLASSES = [name for name in heartbeat.__all__ if inspect.isclass(getattr(heartbeat, name))]
PARAMETERS = {
    "select": ["cases", "timeout", "deadline", "biased"],
    "try_select": ["cases", "biased"],
    "recv": ["source"],
    "send": ["channel", "value"],
    "go": ["fn", "args", "name", "kwargs"],
    "after": ["d"],
    "after_func": ["d", "fn"],
    "tick": ["d"],
    "sleep": ["d"],
    "now": [],
    "seed": ["value"],
    "Channel": ["capacity", "dtype", "name"],
    "Channel.send": ["self", "value", "timeout", "deadline"],
    "Channel.recv": ["self", "timeout", "deadline"],
    "Channel.send_many": ["self", "values", "timeout", "deadline"],
    "Channel.recv_many": ["self", "max", "timeout", "deadline"],
    "Channel.close": ["self", "cause"],
    "Selector.select": ["self", "timeout", "deadline", "biased"],
    "Task.join": ["self", "timeout", "deadline"],
    "Task.result": ["self", "timeout", "deadline"],
    "Timer.reset": ["self", "d"],
    "Watchdog": ["timeout", "jitter"],
    "Worker": ["work", "interval", "timeout", "results", "name", "done", "data", "dtype"],
    "Worker.start": ["self"],
    "Worker.stop": ["self"],
    "Worker.join": ["self", "timeout", "deadline"],
    "WorkerContext.send": ["self", "value", "timeout", "deadline"],
    "WorkerContext.recv": ["self", "source", "timeout", "deadline"],
    "WorkerContext.select": ["self", "cases", "timeout", "deadline", "biased"],
    "WorkerContext.sleep": ["self", "d"],
    "WorkerContext.pulse": ["self"],
    "WorkerContext.unit": ["self", "label", "timeout"],
    "Watchdog.beat": ["self"],
    "Heartbeat": ["name", "interval", "timeout", "keep"],
    "Heartbeat.pulse": ["self"],
    "Heartbeat.progress": ["self", "done", "total", "phase"],
    "Heartbeat.unit": ["self", "label", "timeout"],
    "Heartbeat.pause": ["self", "max"],
    "Heartbeat.pulse_interval": ["self"],
    "Heartbeat.close": ["self"],
    "Heartbeat.stats": ["self"],
    "snapshot": [],
    "Monitor": ["beat", "timeout", "grace", "misses", "on_event", "stack", "name"],
    "Monitor.watch": ["self", "beat", "timeout", "grace", "misses", "progress"],
    "Monitor.unwatch": ["self", "beat"],
    "Monitor.demand": ["self", "channel", "timeout"],
    "Monitor.status_of": ["self", "beat"],
    "Monitor.dump": ["self", "fd"],
    "Monitor.signal": ["self", "signum"],
    "Monitor.exit": ["self", "code"],
    "Monitor.notify": ["self", "fd", "data"],
    "watch_gil": ["limit", "on_event"],
    "stack_signal": ["signum"],
    "dump": ["fd"],
    "dump_on_signal": ["signum", "fd"],
}


def public_callables() -> Iterator[str]:
    """Every public function, and every public method of a public class: "Channel.send"."""
    yield from FUNCTIONS
    for name in CLASSES:
        members = vars(getattr(heartbeat, name)).items()
        yield from (
            f"{name}.{member}" for member, value in members if member[0] != "_" and callable(value)
        )


def public_attributes() -> Iterator[str]:
    for name in CLASSES:
        members = vars(getattr(heartbeat, name)).items()
        yield from (
            f"{name}.{member}" for member, value in members
            if member[0] != "_" and inspect.isdatadescriptor(value)
        )


def named(path: str) -> Any:
    value: Any = heartbeat
    for part in path.split("."):
        value = getattr(value, part)
    return value


def test_something_is_public() -> None:
    assert {"select", "go"} <= set(FUNCTIONS) and {"Channel", "Task", "Closed"} <= set(CLASSES)
    assert set(FUNCTIONS) | set(CLASSES) | {"nil"} == set(heartbeat.__all__)


@pytest.mark.parametrize("name", heartbeat.__all__)
def test_every_name_teaches(name: str) -> None:
    text = inspect.getdoc(getattr(heartbeat, name)) or ""
    assert len(text.split()) >= 6, text
    assert "." in text and text[0].isupper()
    assert (
        name in pydoc.render_doc(getattr(heartbeat, name), renderer=pydoc.TextDoc())
        or name == "nil"
    )


@pytest.mark.parametrize("path", [*public_callables(), *public_attributes()])
def test_every_member_is_explained(path: str) -> None:
    text = inspect.getdoc(named(path)) or ""
    assert len(text.split()) >= 3, text


@pytest.mark.parametrize(("name", "attribute"), [("Closed", "cause"), ("DeadlockError", "report")])
def test_an_error_explains_what_it_carries(name: str, attribute: str) -> None:
    assert getattr(named(name)(), attribute) is None
    assert f".{attribute}" in (inspect.getdoc(named(name)) or "")


@pytest.mark.parametrize("path", list(public_callables()))
def test_every_callable_has_a_signature_and_names_its_units(path: str) -> None:
    parameters = set(inspect.signature(named(path)).parameters)
    if parameters & DURATIONS:
        assert "second" in (inspect.getdoc(named(path)) or "")


@pytest.mark.parametrize("name", ["Channel", "Selector", "Timer", "Ticker", "Watchdog", "Heartbeat", "Worker"])
def test_every_constructor_has_a_signature(name: str) -> None:
    assert inspect.signature(named(name)).parameters


@pytest.mark.parametrize(("path", "parameters"), PARAMETERS.items())
def test_parameters_are_those_of_the_contract(path: str, parameters: list[str]) -> None:
    assert list(inspect.signature(named(path)).parameters) == parameters


def test_repr_of_a_channel() -> None:
    channel: Channel[int] = Channel(7, name="letters")
    channel.send_many([1, 2])
    opened = repr(channel)
    assert "Channel" in opened and "letters" in opened and "2" in opened and "7" in opened
    channel.close()
    assert "closed" in repr(channel) and "closed" not in opened


def test_repr_of_channels_of_every_kind() -> None:
    reprs = {repr(kind) for kind in (Channel(), Channel(3), Channel(None), nil)}
    assert len(reprs) == 4 and repr(nil) == "heartbeat.nil"


def test_repr_of_a_timer() -> None:
    timer = Timer(60)
    assert "Timer" in repr(timer) and "due in" in repr(timer)
    timer.stop()
    assert "not armed" in repr(timer)
    timer.reset(0)
    assert "due in" in repr(timer)
    timer.recv(timeout=SOON)
    assert "not armed" in repr(timer)


def test_repr_of_an_after_func() -> None:
    timer = after_func(60, print)
    assert "Timer" in repr(timer) and "print" in repr(timer) and "not armed" not in repr(timer)
    timer.stop()
    assert "not armed" in repr(timer)


def test_repr_of_a_ticker() -> None:
    ticker = tick(60)
    ticking = repr(ticker)
    ticker.stop()
    assert "Ticker" in ticking and "60" in ticking and "stopped" in repr(ticker)


def test_repr_of_a_task() -> None:
    gate: Channel[None] = Channel()
    task = go(gate.recv, name="guard")
    running = repr(task)
    gate.send(None, timeout=SOON)
    task.join(SOON)
    failed: Task[int] = go(int, "seven")
    failed.join(SOON)
    assert "Task" in running and "guard" in running and "running" in running
    assert "running" not in repr(task) and "ValueError" in repr(failed)
    assert isinstance(failed.exception, ValueError)  # looked at: nobody else need report it


def test_repr_of_a_heartbeat() -> None:
    beat = Heartbeat("worker")
    beat.pulse()
    with beat.unit("load"):
        working = repr(beat)
    beat.close()
    assert "Heartbeat" in working and "worker" in working and "2 pulses" in working
    assert "load" in working and "load" not in repr(beat)
    assert "closed" in repr(beat) and "closed" not in working


def test_repr_of_cases_and_of_what_was_selected() -> None:
    channel: Channel[str] = Channel(1, name="letters")
    assert "letters" in repr(recv(channel)) and "recv" in repr(recv(channel))
    assert "letters" in repr(send(channel, "a")) and "send" in repr(send(channel, "a"))
    text = repr(select(send(channel, "a")))
    assert "index=0" in text and "value=None" in text and "ok=True" in text


def test_repr_of_a_selector() -> None:
    selector: Selector[int] = Selector([Channel(), None])
    assert "Selector" in repr(selector) and "2" in repr(selector)


def test_errors_say_what_happened() -> None:
    channel: Channel[int] = Channel(name="letters")
    channel.close(cause=ValueError("enough"))
    with pytest.raises(heartbeat.Closed) as caught:
        channel.recv()
    assert "closed" in str(caught.value) and isinstance(caught.value.cause, ValueError)
