"""detect_deadlocks: what is claimed is true, and what is not certain is not claimed."""

import ctypes
import functools
import gc
import io
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar, copy_context
from typing import Any

import pytest
from support import SOON, wait_until

import heartbeat
from heartbeat import (
    Channel,
    Deadlock,
    DeadlockDetector,
    Error,
    Selector,
    Task,
    Timer,
    Worker,
    after,
    after_func,
    detect_deadlocks,
    go,
    recv,
    select,
    send,
)
from heartbeat._native import _DETECTS_DEADLOCKS, _endless_waits
from heartbeat.testing import virtual_time

pytestmark = pytest.mark.skipif(not _DETECTS_DEADLOCKS, reason="this interpreter's frames cannot be read")

Ints = Channel[int]


def channels() -> list[Channel[Any]]:
    return [thing for thing in gc.get_objects() if isinstance(thing, Channel)]


@pytest.fixture
def detector(told: list[threading.ExceptHookArgs]) -> Iterator[DeadlockDetector]:
    """One that looks only when it is asked to; at the end all who are stuck are freed."""
    others = channels()
    with detect_deadlocks(interval=1e6) as made:
        yield made
    for channel in channels():
        if not any(channel is other for other in others):
            channel.close()
    wait_until(lambda: all(thing.done for thing in gc.get_objects() if isinstance(thing, Task)))
    gc.collect()


def settle(*names: str) -> None:
    """Return once threads with these names wait without a deadline."""
    wait_until(lambda: set(names) <= {row[3] for row in _endless_waits()})


def stuck(detector: DeadlockDetector) -> list[set[str]]:
    return [{thread.name for thread in deadlock.threads} for deadlock in detector.check()]


def give_and_take(take: Ints, give: Ints) -> None:
    give.send(take.recv())


# ---- what is claimed ----


def test_two_tasks_that_wait_for_each_other(detector: DeadlockDetector) -> None:
    def start() -> None:
        one, other = Ints(name="one"), Ints(name="other")
        go(give_and_take, one, other, name="A")
        go(give_and_take, other, one, name="B")

    start()
    settle("A", "B")
    (deadlock,) = detector.check()
    assert {thread.name for thread in deadlock.threads} == {"A", "B"}
    a = next(thread for thread in deadlock.threads if thread.name == "A")
    assert a.where.startswith("receive from channel 'one'")
    assert a.stack is not None and a.stack.rstrip().endswith("give.send(take.recv())")
    assert deadlock.report.startswith("deadlock: 2 threads wait for what nobody else can do:")
    assert str(deadlock) == deadlock.report and str(a).splitlines()[0] in deadlock.report


def start_forgotten(name: str) -> None:
    """A task whose result nobody is left to take, as when a caller has given up."""
    results = Ints()
    go(lambda: results.send(1), name=name)


def start_builtin(name: str) -> None:
    go(Ints().recv, name=name)


def start_loop(name: str) -> None:
    def loop(channel: Ints) -> None:
        for _ in channel:
            pass

    go(loop, Ints(), name=name)


def start_iteration_of_a_temporary(name: str) -> None:
    def loop(make: type[Ints]) -> None:
        for _ in make():
            pass

    go(loop, Ints, name=name)


def start_select(name: str) -> None:
    def choose(one: Ints, other: Ints) -> None:
        select(one, send(other, 1))

    go(choose, Ints(), Ints(), name=name)


def start_select_of_many(name: str) -> None:
    def choose(channels: "list[Ints]") -> None:
        select(*channels, heartbeat.nil)

    go(choose, [Ints() for _ in range(20)], name=name)


def start_deep_in_calls(name: str) -> None:
    def outer(channels: "dict[str, list[Ints]]") -> int:
        return sum([1, 2, inner(channels["it"][0], 3)], inner(channels["it"][0], 4))

    def inner(channel: Ints, plus: int) -> int:
        for i in range(10):
            with threading.Lock():
                try:
                    return max(i, plus, channel.recv(), plus)
                finally:
                    pass
        return 0

    go(outer, {"it": [Ints()]}, name=name)


def start_with_methods(name: str) -> None:
    class Owner:
        def __init__(self) -> None:
            self.channel = Ints()
            self.itself = self

        def run(self) -> int:
            receive = self.channel.recv
            return max(0, receive())

    go(Owner().run, name=name)


def start_with_a_partial(name: str) -> None:
    go(functools.partial(give_and_take, Ints()), Ints(), name=name)


def start_through_a_python_call_of_c(name: str) -> None:
    def key(channel: Ints, value: int) -> int:
        return value + channel.recv()

    def run(channel: Ints) -> list[int]:
        return sorted([3, 1], key=functools.partial(key, channel))

    go(run, Ints(), name=name)


def start_with_a_subclass(name: str) -> None:
    class Tagged(Channel[int]):
        def __init__(self) -> None:
            super().__init__()
            self.tag = self

    go(lambda channel: channel.recv(), Tagged(), name=name)


STARTS = [start_forgotten, start_builtin, start_loop, start_iteration_of_a_temporary, start_select,
          start_select_of_many, start_deep_in_calls, start_with_methods, start_with_a_partial,
          start_through_a_python_call_of_c, start_with_a_subclass]


@pytest.mark.parametrize("start", STARTS)
def test_a_task_nobody_else_can_reach(start: Callable[[str], None], detector: DeadlockDetector) -> None:
    start("alone")
    settle("alone")
    assert stuck(detector) == [{"alone"}]


def test_a_ring_of_three_is_one_deadlock_and_a_stranger_another(detector: DeadlockDetector) -> None:
    def start() -> None:
        ring = [Ints() for _ in range(3)]
        for i in range(3):
            go(give_and_take, ring[i], ring[i - 1], name=f"ring {i}")

    start()
    start_forgotten("stranger")
    settle("ring 0", "ring 1", "ring 2", "stranger")
    assert sorted(stuck(detector), key=len) == [{"stranger"}, {"ring 0", "ring 1", "ring 2"}]


def test_a_task_that_is_held_is_no_hold_on_its_channels(detector: DeadlockDetector) -> None:
    def start() -> object:
        return go(give_and_take, Ints(), Ints(), name="held")

    task = start()
    settle("held")
    assert stuck(detector) == [{"held"}]
    assert task is not None


def test_who_waits_behind_those_who_are_stuck_is_stuck(detector: DeadlockDetector) -> None:
    def start() -> None:
        one, other, third = Ints(), Ints(), Ints()
        go(give_and_take, one, other, name="A")
        go(give_and_take, other, one, name="B")
        go(lambda: third.send(one.recv()), name="behind")

    start()
    settle("A", "B", "behind")
    assert stuck(detector) == [{"A", "B", "behind"}]


# ---- what is not claimed ----

HELD: list[object] = []
IN_CONTEXT: ContextVar[object] = ContextVar("IN_CONTEXT")


@pytest.fixture
def held() -> Iterator[list[object]]:
    yield HELD
    for thing in HELD:
        if isinstance(thing, Timer):
            thing.stop()
    HELD.clear()


def suspend(channel: Ints) -> Iterator[int]:
    yield 1
    channel.close()


def in_a_generator(channel: Ints) -> object:
    generator = suspend(channel)
    next(generator)
    return generator


def in_an_exception(channel: Ints) -> object:
    def fail(it: Ints) -> None:
        raise KeyError

    try:
        fail(channel)
    except KeyError as error:
        return error
    return None


def in_a_channel(channel: Ints) -> object:
    box = Channel[Ints](1)
    box.send(channel)
    return box


def in_a_context(channel: Ints) -> object:
    context = copy_context()
    context.run(IN_CONTEXT.set, channel)
    return context


def in_a_c_variable(channel: Ints) -> object:
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(channel))
    return functools.partial(ctypes.pythonapi.Py_DecRef, ctypes.c_void_p(id(channel)))


def in_a_selector(channel: Ints) -> object:
    selector: Selector[int] = Selector()
    selector.add(channel)
    return selector


HOLDERS: dict[str, Callable[[Ints], object]] = {
    "itself": lambda channel: channel,
    "a list": lambda channel: [channel],
    "a dict": lambda channel: {"a": {"b": (channel,)}},
    "a bound method": lambda channel: channel.send,
    "a closure": lambda channel: lambda: channel.send(1),
    "a default": lambda channel: lambda given=channel: given,
    "a partial": lambda channel: functools.partial(channel.send, 1),
    "a case": lambda channel: send(channel, 1),
    "a weak reference": lambda channel: weakref.ref(channel),
    "a weak dictionary": lambda channel: weakref.WeakValueDictionary({1: channel}),
    "an iterator": lambda channel: iter([channel]),
    "a generator": in_a_generator,
    "an exception": in_an_exception,
    "a channel": in_a_channel,
    "a context": in_a_context,
    "a C variable": in_a_c_variable,
    "a timer": lambda channel: after_func(1e6, channel.close),
    "a selector": in_a_selector,
    "a worker": lambda channel: Worker(lambda: channel.send(1)),
    "a pointer": lambda channel: ctypes.pointer(ctypes.py_object(channel)),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_somebody_else_holds(holder: str, held: list[object], detector: DeadlockDetector) -> None:
    def start() -> None:
        channel = Ints()
        held.append(HOLDERS[holder](channel))
        go(channel.recv, name="waits")
        go(lambda: channel.recv(), name="waits too")

    start()
    settle("waits", "waits too")
    assert stuck(detector) == []


@pytest.mark.parametrize("which", [0, 1])
def test_one_of_two_channels_that_is_held_is_enough(which: int, held: list[object],
                                                    detector: DeadlockDetector) -> None:
    """The one that is held ends one wait, and that ends the other."""
    def start() -> None:
        pair = (Ints(), Ints())
        held.append(pair[which])
        go(give_and_take, pair[0], pair[1], name="A")
        go(give_and_take, pair[1], pair[0], name="B")

    start()
    settle("A", "B")
    assert stuck(detector) == []


@pytest.mark.parametrize("keep", [lambda c: c, lambda c: [c], lambda c: (lambda: c)])
def test_a_local_variable_of_a_thread_that_runs(keep: Callable[[Ints], object], detector: DeadlockDetector) -> None:
    channel = Ints()
    kept = keep(channel)
    del channel
    go(kept[0].recv if isinstance(kept, list) else kept.recv if isinstance(kept, Channel) else kept().recv,  # type: ignore[operator]
       name="waits")
    settle("waits")
    assert stuck(detector) == []


def test_a_temporary_of_a_thread_that_runs(detector: DeadlockDetector) -> None:
    """Nothing but the stack of the frame of a loop refers to the channel."""
    def start() -> Ints:
        channel = Ints()
        go(channel.send_many, [1, 2, 3], name="feeds")
        return channel

    for received in start():
        if received == 2:
            settle("feeds")
            assert stuck(detector) == []
        if received == 3:
            break


def test_a_thread_of_threading_that_holds_it(detector: DeadlockDetector) -> None:
    gate = threading.Event()

    def start() -> threading.Thread:
        channel = Ints()

        def hold() -> None:
            gate.wait()
            channel.send(1)

        go(channel.recv, name="waits")
        thread = threading.Thread(target=hold)
        thread.start()
        return thread

    thread = start()
    settle("waits")
    assert stuck(detector) == []
    gate.set()
    thread.join()


def test_a_task_that_sleeps_and_holds_it(detector: DeadlockDetector) -> None:
    def hold(channel: Ints, gate: "Channel[None]") -> None:
        gate.recv(timeout=SOON)
        channel.send(1)

    def start(gate: "Channel[None]") -> None:
        channel = Ints()
        go(channel.recv, name="waits")
        go(hold, channel, gate, name="sleeps")

    gate = Channel[None]()
    start(gate)
    settle("waits")
    assert stuck(detector) == []
    gate.send(None)


def dumped() -> str:
    """What heartbeat.dump() writes."""
    reader, writer = os.pipe()
    with open(reader) as read, open(writer, "w") as write:
        heartbeat.dump(write)
        write.close()
        return read.read()


def select_with_pulses(channel: Ints) -> object:
    beat = heartbeat.Heartbeat()
    return select(channel, beat)


ENDS: dict[str, Callable[[Ints], object]] = {
    "a timeout": lambda channel: channel.recv(timeout=SOON),
    "a deadline": lambda channel: channel.recv(deadline=heartbeat.now() + SOON),
    "a timer": lambda channel: select(channel, after(SOON)),
    "a ticker": lambda channel: select(recv(channel), heartbeat.tick(SOON)),
    "a watchdog": lambda channel: select(recv(channel), heartbeat.Watchdog(SOON)),
    "a pulse": select_with_pulses,
}


@pytest.mark.parametrize("end", ENDS)
def test_a_wait_that_ends_by_itself(end: str, detector: DeadlockDetector) -> None:
    def run(channel: Ints) -> None:
        ENDS[end](channel)

    go(run, Ints(name="watched"), name="ends")
    wait_until(lambda: "from channel 'watched'" in dumped())
    assert stuck(detector) == []


def test_a_select_with_one_case_that_somebody_holds(detector: DeadlockDetector) -> None:
    live = Ints()

    def start() -> None:
        dead = Ints()
        go(lambda: select(dead, live), name="chooses")

    start()
    settle("chooses")
    assert stuck(detector) == []
    live.send(1)


def test_who_waits_for_a_task_is_not_claimed(detector: DeadlockDetector) -> None:
    gate = Channel[None]()
    task = go(gate.recv)
    go(task.join, name="joins")
    settle("joins")
    assert stuck(detector) == []
    gate.send(None)


def test_threads_that_are_not_the_engines_are_not_claimed(detector: DeadlockDetector) -> None:
    def start() -> None:
        channel = Ints(name="of a thread")
        threading.Thread(target=channel.recv, daemon=True).start()
        wait_until(lambda: channel.stats().waiting_receivers)

    start()
    assert stuck(detector) == []


def test_a_frame_that_somebody_holds_can_be_looked_into(held: list[object], detector: DeadlockDetector) -> None:
    start_loop("watched")
    settle("watched")
    (ident,) = [row[1] for row in _endless_waits() if row[3] == "watched"]
    held.append(sys._current_frames()[ident])
    assert stuck(detector) == []
    held.clear()
    assert stuck(detector) == [{"watched"}]


def test_a_bubble_tells_of_its_own() -> None:
    with virtual_time() as bubble:
        gate = Ints()
        go(gate.recv)
        bubble.wait()
        assert detect_in_another_thread() == []
        with pytest.raises(Error):
            detect_deadlocks()
        gate.send(1)


def detect_in_another_thread() -> "list[Deadlock]":
    found: list[Deadlock] = []

    def look() -> None:
        with detect_deadlocks(interval=1e6) as detector:
            found.extend(detector.check())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found


# ---- the detector ----


def test_a_deadlock_is_told_once(detector: DeadlockDetector) -> None:
    told = Channel[Deadlock](None)
    with detect_deadlocks(interval=0.02, on_deadlock=told.send):
        start_forgotten("first")
        assert [thread.name for thread in told.recv(timeout=SOON).threads] == ["first"]
        start_forgotten("second")
        assert [thread.name for thread in told.recv(timeout=SOON).threads] == ["second"]
        with pytest.raises(TimeoutError):
            told.recv(timeout=0.1)


def test_without_a_function_the_report_goes_to_stderr(detector: DeadlockDetector,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()  # what pytest captures must not be read while another thread writes
    monkeypatch.setattr(sys, "stderr", printed)
    with detect_deadlocks(interval=0.02):
        start_forgotten("told")
        wait_until(lambda: "results.send(1)" in printed.getvalue())
    assert printed.getvalue().startswith("heartbeat: deadlock: 1 thread waits for what nobody can do:\n\n'told'")


def test_what_the_function_raises_is_told_and_the_detector_goes_on(detector: DeadlockDetector,
                                                                   told: list[threading.ExceptHookArgs]) -> None:
    calls = Channel[Deadlock](None)

    def call(deadlock: Deadlock) -> None:
        calls.send(deadlock)
        raise KeyError("a bad function")

    with detect_deadlocks(interval=0.02, on_deadlock=call):
        start_forgotten("first")
        calls.recv(timeout=SOON)
        start_forgotten("second")
        calls.recv(timeout=SOON)
        wait_until(lambda: len(told) == 2)
    assert told[0].exc_type is KeyError


def test_close_ends_the_thread_and_can_come_twice() -> None:
    detector = detect_deadlocks(interval=0.01)
    detector.close()
    detector.close()
    assert detector._task.done
    assert detector.check() == []


def test_it_can_be_closed_from_its_function(detector: DeadlockDetector) -> None:
    done = Channel[None](1)

    def call(deadlock: Deadlock) -> None:
        own.close()
        done.send(None)

    own = detect_deadlocks(interval=0.02, on_deadlock=call)
    start_forgotten("told")
    done.recv(timeout=SOON)
    own._task.join(timeout=SOON)


def test_it_leaves_nothing_behind(detector: DeadlockDetector) -> None:
    """What is looked at is not kept: a thread that comes free can drop all it had."""
    start_loop("watched")
    settle("watched")
    found: Any = detector.check()
    assert stuck(detector) == [{"watched"}]
    del found
    assert stuck(detector) == [{"watched"}]


@pytest.mark.parametrize(("given", "error"), [
    ({"interval": 0}, ValueError), ({"interval": -1.0}, ValueError), ({"interval": float("nan")}, ValueError),
    ({"interval": "1"}, TypeError), ({"on_deadlock": 1}, TypeError), ({"intervall": 1}, TypeError),
])
def test_what_makes_no_sense_is_refused(given: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        detect_deadlocks(**given)
