"""What nobody can reach any more is released, however it refers to itself and however deep it is."""

from __future__ import annotations

import contextvars
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import (
    Channel,
    Closed,
    Heartbeat,
    Monitor,
    Selector,
    Task,
    Ticker,
    Timer,
    Watchdog,
    Worker,
    WorkerContext,
    after_func,
    go,
    nil,
    recv,
    select,
    send,
)
from support import SOON, wait_until


class Item:
    """Refers to what it is given, and can be watched."""

    def __init__(self, *held: Any) -> None:
        self.held = list(held)


class Name(str):
    """A str that can refer to something."""

    holder: Any


def item_in_its_channel() -> Item:
    channel: Channel[Item] = Channel(1)
    item = Item(channel)
    channel.send(item)
    return item


def item_in_a_subclass_with_attributes() -> Item:
    class Named(Channel[Item]):
        pass

    channel = Named(None)
    item = Item(channel)
    channel.item = item
    channel.send_many([item] * 3)
    return item


def channel_in_itself() -> Channel[Any]:
    channel: Channel[Any] = Channel(1)
    channel.send(channel)
    return channel


def two_channels_in_each_other() -> Channel[Any]:
    one: Channel[Any] = Channel(1)
    other: Channel[Any] = Channel(1)
    one.send(other)
    other.send(one)
    return one


def cause_that_refers_to_its_channel() -> Item:
    channel: Channel[Any] = Channel()
    cause = Item(channel)
    channel.close(cause)
    return cause


def exception_as_cause() -> Item:
    channel: Channel[Any] = Channel()
    channel.close(ValueError(item := Item(channel)))
    try:
        channel.recv()
    except Closed as error:
        item.held.append(error)
    return item


def channel_named_by_what_refers_to_it() -> Name:
    name = Name("jobs")
    name.holder = Channel(name=name)
    return name


def selector_over_its_channel() -> Selector:
    channel: Channel[Any] = Channel(1)
    selector = Selector([channel, Timer(1e6), send(channel, Item())])
    channel.send(selector)
    return selector


def case_in_its_channel() -> Channel[Any]:
    channel: Channel[Any] = Channel(3)
    for value in (send(channel, channel), recv(channel), send(channel, [channel])):
        channel.send(value)
    return channel


def selected_in_its_value() -> Item:
    channel: Channel[Item] = Channel(1)
    item = Item()
    channel.send(item)
    item.held.append(select(channel))
    return item


def selected_in_its_source() -> Channel[Any]:
    channel: Channel[Any] = Channel(1)
    channel.send(None)
    channel.send(select(channel))
    return channel


def task_that_returned_itself() -> Item:
    item = Item()
    task = go(lambda: item)
    task.join()
    item.held.append(task)
    return item


def task_that_raised_itself() -> Item:
    item = Item()

    def fail() -> None:
        raise ValueError(item)

    task = go(fail)
    task.join()
    assert task.exception
    item.held.append(task)
    return item


def function_of_a_stopped_timer() -> Item:
    item = Item()
    timer = after_func(1e6, lambda: item)
    item.held.append(timer)
    assert timer.stop()
    return item


def function_of_a_timer_that_fired() -> Item:
    item = Item()
    fired: Channel[None] = Channel()
    item.held.append(after_func(0, lambda: item and fired.send(None)))
    fired.recv(timeout=SOON)
    return item


def context_of_a_stopped_timer() -> Item:
    item, variable = Item(), contextvars.ContextVar[Item]("variable")

    def arm() -> Timer:
        variable.set(item)
        return after_func(1e6, int)

    timer = contextvars.copy_context().run(arm)
    item.held.append(timer)
    assert timer.stop()
    return item


def timer_that_refers_to_itself() -> Item:
    class Own(Timer):
        pass

    timer = Own(1e6)
    timer.item = item = Item(timer)
    return item


def heartbeat_that_refers_to_itself() -> Item:
    class Own(Heartbeat):
        pass

    beat = Own("own")
    item = Item(beat, beat.unit("not entered"), beat.pause(1))
    beat.item = item
    return item


def heartbeat_in_a_unit_of_its_own() -> Any:
    class Working(Heartbeat):
        pass

    beat = Working()
    beat.unit_of_work = beat.unit("open")
    beat.unit_of_work.__enter__()
    return beat


def heartbeat_named_by_what_refers_to_it() -> Name:
    name = Name("worker")
    name.holder = Heartbeat(name).unit(name)
    return name


def worker_that_never_ran() -> Item:
    item = Item()
    item.held.append(Worker(lambda: item))
    return item


def worker_that_was_started_by_its_work() -> Item:
    item = Item()

    def work(ctx: WorkerContext) -> None:
        item.held.append(ctx)

    worker = Worker(work).start()
    item.held.append(worker)
    worker.join()
    return item


def worker_that_raised_itself() -> Item:
    item = Item()

    def work(ctx: WorkerContext) -> None:
        raise ValueError(item)

    worker = Worker(work).start()
    item.held.append(worker)
    worker.join()
    assert item.held[0].exception
    return item


def worker_that_sent_itself() -> Item:
    item = Item()
    item.held.append(Worker(lambda ctx: ctx.send(item), results=1).start())
    item.held[0].join()
    return item


def worker_whose_done_holds_it() -> Item:
    item = Item()
    done: Channel[Any] = Channel(1)
    item.held.append(Worker(int, done=done))
    done.send(item)
    return item


def monitor_of_a_beat_that_refers_to_it() -> Item:
    class Own(Heartbeat):
        pass

    beat = Own()
    item = Item(beat)
    beat.item = item
    item.held.append(Monitor(beat, timeout=1000).start())  # nothing but reading it would show that it runs
    return item


def monitor_that_calls_what_refers_to_it() -> Item:
    item = Item()
    item.held.append(Monitor(Heartbeat(), timeout=1000, on_event=lambda health: item))
    return item


def monitor_that_was_closed() -> Item:
    item = Item()
    item.held.append(Monitor(Heartbeat(), timeout=1000, on_event=lambda health: item).start())
    item.held[0].close()
    return item


def monitor_of_a_demand_on_what_holds_it() -> Item:
    channel: Channel[Item] = Channel(1)
    item = Item(Monitor().demand(channel, 1000).start())
    channel.send(item)
    return item


CYCLES = [
    monitor_of_a_beat_that_refers_to_it,
    monitor_that_calls_what_refers_to_it,
    monitor_that_was_closed,
    monitor_of_a_demand_on_what_holds_it,
    heartbeat_that_refers_to_itself,
    heartbeat_in_a_unit_of_its_own,
    heartbeat_named_by_what_refers_to_it,
    item_in_its_channel,
    item_in_a_subclass_with_attributes,
    channel_in_itself,
    two_channels_in_each_other,
    cause_that_refers_to_its_channel,
    exception_as_cause,
    channel_named_by_what_refers_to_it,
    selector_over_its_channel,
    case_in_its_channel,
    selected_in_its_value,
    selected_in_its_source,
    task_that_returned_itself,
    task_that_raised_itself,
    function_of_a_stopped_timer,
    function_of_a_timer_that_fired,
    context_of_a_stopped_timer,
    timer_that_refers_to_itself,
    worker_that_never_ran,
    worker_that_was_started_by_its_work,
    worker_that_raised_itself,
    worker_that_sent_itself,
    worker_whose_done_holds_it,
]


@pytest.mark.parametrize("make", CYCLES, ids=lambda make: make.__name__)
def test_a_cycle_is_collected(make: Callable[[], Any]) -> None:
    watch = weakref.ref(make())

    def is_gone() -> bool:  # a thread of the engine may still be letting go of it
        gc.collect()
        return watch() is None

    wait_until(is_gone)


@pytest.mark.parametrize("make", CYCLES, ids=lambda make: make.__name__)
def test_what_can_be_reached_is_not_collected(make: Callable[[], Any]) -> None:
    kept = make()
    watch = weakref.ref(kept)
    gc.collect()
    assert watch() is kept


def test_an_armed_function_is_kept() -> None:
    item = Item()
    watch = weakref.ref(item)
    timer = after_func(1e6, lambda item=item: item)
    del item
    gc.collect()
    assert watch()
    assert timer.stop()
    del timer
    gc.collect()
    assert watch() is None


def test_a_dropped_channel_releases_what_is_queued() -> None:
    items = [Item() for _ in range(100)]
    watches = [weakref.ref(item) for item in items]
    channel: Channel[Item] = Channel(None)
    channel.send_many(items)
    del items[:]
    assert all(watch() for watch in watches)
    del channel
    assert not any(watch() for watch in watches)


def test_what_was_not_sent_is_released() -> None:
    channel: Channel[Any] = Channel()
    item = Item()
    watch = weakref.ref(item)
    with pytest.raises(TimeoutError):
        channel.send(item, timeout=0)
    with pytest.raises(TimeoutError):
        channel.send(item, timeout=0.001)
    with pytest.raises(TimeoutError):
        select(*[send(channel, item)] * 20, timeout=0.001)
    assert not channel.try_send(item)
    channel.close()
    with pytest.raises(Closed):
        channel.send_many([item, item])
    del item
    gc.collect()  # the pytest.raises above keep tracebacks
    assert watch() is None


def test_weak_references() -> None:
    alive = [Channel(), Channel[int](dtype="q"), Timer(1), Ticker(1), Watchdog(1), Selector(),
             go(int), Heartbeat(), Heartbeat().pulses, Worker(int), Worker(list).start(), after_func(1e6, int)]
    watches = [weakref.ref(one) for one in alive]
    assert [watch() for watch in watches] == alive
    assert weakref.ref(nil)() is nil
    alive.pop().stop()
    [task.join() for task in alive if isinstance(task, Task) or task is alive[-1]]
    alive.clear()
    wait_until(lambda: not any(watch() for watch in watches))


def test_a_heartbeat_of_a_collected_cycle_has_ended() -> None:
    pulses = (item := heartbeat_that_refers_to_itself()).held[0].pulses
    del item
    assert not pulses.closed
    gc.collect()
    assert pulses.closed


def test_a_heartbeat_may_be_kept_by_its_own_finalizer() -> None:
    kept: list[Any] = []

    class Phoenix(Heartbeat):
        def __del__(self) -> None:
            if not kept:
                kept.append(self)

    pulses = Phoenix().pulses
    assert kept and not pulses.closed
    kept[0].pulse()
    assert pulses.try_recv() is not None
    kept[0] = None
    assert pulses.closed


def test_a_weak_reference_calls_back() -> None:
    gone: list[Any] = []
    channel: Channel[Any] = Channel()
    watch = weakref.ref(channel, gone.append)
    del channel
    assert gone == [watch]
