"""A monitor closes in any order with its beats, twice, from anywhere, and leaves nothing behind."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from heartbeat import Channel, Closed, Health, Heartbeat, Monitor, go, select
from heartbeat.testing import Bubble
from support import (
    SOON, not_address_sanitized, not_thread_sanitized, run_program, threads_named, wait_until)

SHORT = 0.02


def test_closing_twice() -> None:
    monitor = Monitor(Heartbeat(), timeout=1).start()
    assert not monitor.closed
    assert monitor.close() is True
    assert monitor.close() is False
    assert monitor.closed and "closed" in repr(monitor) and monitor.status == "ended"


def test_closing_what_never_started() -> None:
    monitor = Monitor(Heartbeat(), timeout=1)
    assert monitor.close() and not monitor.close()
    with pytest.raises(Closed):
        monitor.recv(timeout=SOON)


def test_nothing_begins_after_the_close() -> None:
    monitor = Monitor(timeout=1, name="over")
    monitor.close()
    for use in (monitor.start, lambda: monitor.watch(Heartbeat()), lambda: monitor.demand(Channel(), 1),
                monitor.dump, monitor.exit, lambda: monitor.notify(1, b""), monitor.recv,
                monitor.__enter__):
        with pytest.raises(Closed, match="over"):
            use()
    assert monitor.check() == [] and list(monitor) == []
    assert select(monitor).ok is False


def test_starting_twice() -> None:
    monitor = Monitor(Heartbeat(), timeout=1)
    with monitor:
        assert monitor.start() is monitor


def test_what_was_not_read_can_be_read_after_the_close() -> None:
    beat = Heartbeat()
    with Monitor(beat, timeout=SHORT) as monitor:
        wait_until(lambda: monitor.status == "unhealthy")
    assert monitor.recv(timeout=SOON).beat is beat
    with pytest.raises(Closed):
        monitor.recv(timeout=SOON)


@pytest.mark.parametrize("order", ["beat, monitor", "monitor, beat"])
def test_the_order_does_not_matter(order: str) -> None:
    beat = Heartbeat()
    monitor = Monitor(beat, timeout=1000).start()
    for what in order.split(", "):
        assert {"beat": beat, "monitor": monitor}[what].close()
    assert [health.cause for health in monitor] in ([], ["closed"])  # it may have been told in time


def test_the_beat_goes_on_and_can_be_watched_anew() -> None:
    beat = Heartbeat()
    for _ in range(3):
        with Monitor(beat, timeout=SHORT) as monitor:
            assert not monitor.recv(timeout=SOON).healthy
        beat.pulse()


def test_from_many_threads() -> None:
    for _ in range(20):
        told: Channel[Health] = Channel(None)
        monitor = Monitor(Heartbeat(), timeout=SHORT, on_event=told.send).start()
        gate: Channel[None] = Channel()

        def close(closing: Monitor = monitor, at: Channel[None] = gate) -> bool:
            select(at)
            return closing.close()

        tasks = [go(close) for _ in range(6)]
        gate.close()
        assert sorted(task.result(SOON) for task in tasks) == [False] * 5 + [True]


def test_receivers_are_released(virtual_time: Bubble) -> None:
    monitor = Monitor(Heartbeat(), timeout=1000).start()
    tasks = [go(lambda: list(monitor)) for _ in range(3)]
    virtual_time.wait()
    monitor.close()
    assert [task.result(SOON) for task in tasks] == [[]] * 3


def test_from_within_on_event() -> None:
    closed: Channel[bool] = Channel(None)
    monitor = Monitor(Heartbeat(), timeout=SHORT, on_event=lambda health: closed.send(monitor.close()))
    monitor.start()
    assert closed.recv(timeout=SOON) is True
    assert not monitor.close()


def test_while_on_event_does_not_return() -> None:
    entered: Channel[None] = Channel()
    gate: Channel[None] = Channel()

    def wait(health: Health) -> None:
        entered.send(None)
        gate.recv()

    with Monitor(Heartbeat(), timeout=SHORT, on_event=wait) as monitor:
        entered.recv(timeout=SOON)
    assert monitor.closed
    gate.send(None, timeout=SOON)


def test_events_before_the_close_still_come_to_on_event() -> None:
    gate: Channel[None] = Channel()
    told: Channel[Health] = Channel(None)
    first, second, third = Heartbeat(), Heartbeat(), Heartbeat()

    def tell(health: Health) -> None:
        select(gate)
        told.send(health)

    with Monitor(first, timeout=SHORT, on_event=tell) as monitor:
        assert monitor.recv(timeout=SOON).beat is first
        for beat in second, third:  # one after the other, so the last is told of when the first two are
            monitor.watch(beat)
            assert monitor.recv(timeout=SOON).beat is beat
    gate.close()
    assert [told.recv(timeout=SOON).beat for _ in range(2)] == [first, second]


# ---- being dropped ----


def test_a_monitor_that_can_only_be_read_closes_when_it_is_dropped() -> None:
    beat = Heartbeat()
    Monitor(beat, timeout=1000).start()
    gc.collect()
    Monitor(beat, timeout=1000).close()  # watched by nobody: else Error


def test_a_monitor_with_something_to_do_goes_on_when_it_is_dropped() -> None:
    told: Channel[Health] = Channel(None)
    beat = Heartbeat()
    dropped = weakref.ref(Monitor(beat, timeout=SHORT, on_event=told.send).start())
    gc.collect()
    assert not told.recv(timeout=SOON).healthy
    monitor = dropped()
    assert monitor is not None and monitor.close()
    del monitor

    def is_gone() -> bool:
        gc.collect()
        return dropped() is None

    wait_until(is_gone)


def test_a_cycle_through_on_event_is_collected() -> None:
    class Owner:
        def __init__(self) -> None:
            self.monitor = Monitor(Heartbeat(), timeout=1000, on_event=self.tell)

        def tell(self, health: Health) -> None:
            pass

    never_started, closed = Owner(), Owner()
    closed.monitor.start().close()
    owners = [weakref.ref(never_started), weakref.ref(closed)]
    del never_started, closed

    def are_gone() -> bool:
        gc.collect()
        return not any(owner() for owner in owners)

    wait_until(are_gone)


def test_dropping_in_a_thread_of_the_engine() -> None:
    told: Channel[Any] = Channel(None)
    holder = [Monitor(Heartbeat(), timeout=SHORT, on_event=lambda health: told.send(holder.clear()))]
    watch = weakref.ref(holder[0].start())
    told.recv(timeout=SOON)
    assert not holder
    monitor = watch()  # it runs until it is closed
    assert monitor and monitor.close()


def test_threads_end_with_their_monitors() -> None:
    before = threads_named("hb-on-event")
    monitors = [Monitor(Heartbeat(), timeout=1000, on_event=print).start() for _ in range(5)]
    wait_until(lambda: threads_named("hb-on-event") >= 5)
    for monitor in monitors:
        monitor.close()
    wait_until(lambda: threads_named("hb-on-event") <= before)


# ---- the end of the program ----


@not_thread_sanitized
@pytest.mark.parametrize("kept", ["monitor = ", ""])
def test_running_monitors_do_not_hold_up_the_end(kept: str) -> None:
    run_program(f"""
from heartbeat import *
beat, told = Heartbeat(), Channel(None)
{kept}Monitor(beat, timeout=0.01, on_event=told.send).dump(1).start()
assert not told.recv(timeout={SOON}).healthy
Monitor(Heartbeat(), timeout=1000, on_event=print).exit(7).start()
""")


@not_thread_sanitized
@pytest.mark.parametrize("monitor", ["Monitor(beat, timeout=0.2).exit(9).start()", "watch_gil(0.2).exit(9)"])
def test_the_end_of_the_program_is_not_judged(monitor: str) -> None:
    """What takes long after the main thread's end, with the interpreter lock held, would else be a silence."""
    run_program(f"""
import atexit, ctypes
atexit.register(ctypes.PyDLL(None).usleep, 500_000)  # before heartbeat: runs after its end
from heartbeat import *
beat = Heartbeat()
{monitor}
beat.pulse()
""")


@not_thread_sanitized
def test_on_event_that_hangs_does_not_hold_up_the_end() -> None:
    run_program(f"""
import threading
from heartbeat import *
entered = Channel()
def hang(health):
    entered.send(None)
    threading.Event().wait()
Monitor(Heartbeat(), timeout=0.01, on_event=hang).start()
entered.recv(timeout={SOON})
""")


@not_address_sanitized
@not_thread_sanitized
def test_the_child_of_a_fork_has_monitors_of_its_own() -> None:
    run_program(f"""
import os, sys, warnings
from heartbeat import *
warnings.simplefilter("ignore")
told = Channel(None)
beat = Heartbeat("parent's")
monitor = Monitor(beat, timeout=0.01, on_event=told.send).start()
told.recv(timeout={SOON})
pid = os.fork()
if not pid:
    try:
        assert monitor.try_recv() is None
    except Closed:
        pass
    monitor.close()
    fresh = Heartbeat("child's")
    called = Channel(None)
    with Monitor(fresh, timeout=0.01, on_event=called.send) as own:
        fresh.pulse()
        assert own.recv(timeout={SOON}).beat is fresh
        assert "<module>" in (called.recv(timeout={SOON}).stack or "<module>")
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
beat.pulse()
assert told.recv(timeout={SOON}).healthy
monitor.close()
""")
