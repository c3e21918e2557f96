"""What users make can be subclassed; the engine uses what it is made of."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import heartbeat
from heartbeat import (
    Channel,
    Heartbeat,
    Pulses,
    Selector,
    Source,
    Task,
    Ticker,
    Timer,
    Watchdog,
    Worker,
    WorkerContext,
    go,
    nil,
    recv,
    select,
    send,
)
from support import wait_for_receivers


class Doubling(Channel[int]):
    """Own arguments, attributes and methods."""

    def __init__(self, factor: int, *, capacity: int = 3) -> None:
        super().__init__(capacity, dtype="q", name="doubling")
        self.factor = factor
        self.log: list[int] = []

    def send(self, value: int, **waiting: Any) -> None:
        self.log.append(value)
        super().send(self.factor * value, **waiting)


def test_a_subclass_has_arguments_attributes_and_methods_of_its_own() -> None:
    channel = Doubling(2, capacity=5)
    channel.send(4)
    channel.send(5, timeout=0)
    assert (channel.capacity, channel.dtype, channel.name) == (5, "q", "doubling")
    assert channel.recv() == 8 and next(channel) == 10 and channel.log == [4, 5]
    assert repr(channel).startswith("<Doubling 'doubling'")


def test_the_engine_sends_past_an_overridden_method() -> None:
    channel = Doubling(2)
    assert select(send(channel, 7)).index == 0
    channel.send_many([8])
    assert channel.recv_many(5) == [7, 8] and channel.log == []


def test_slots() -> None:
    class Slotted(Channel[Any]):
        __slots__ = ("extra",)

    channel = Slotted(1)
    channel.extra = 5
    channel.send("value")
    assert (channel.extra, channel.recv()) == (5, "value")
    with pytest.raises(AttributeError):
        channel.other = 6


def test_a_subclass_may_make_instances_itself() -> None:
    class Registered(Channel[Any]):
        made: list[Any] = []

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            cls.made.append(self := super().__new__(cls, *args, **kwargs))
            return self

    channel = Registered(2, name="registered")
    assert Registered.made == [channel] and channel.capacity == 2


def test_a_subclass_that_forgets_to_initialise_is_a_channel() -> None:
    class Forgetful(Channel[Any]):
        def __init__(self, ignored: Any) -> None:
            pass

    channel = Forgetful("ignored")
    assert channel is not nil and channel.capacity == 0
    task = go(channel.recv)
    channel.send("value")
    assert task.result() == "value"
    assert channel.close() and Channel.__new__(Channel).close()


def test_a_channel_is_initialised_once() -> None:
    channel: Channel[Any] = Channel(3)
    for arguments in ((), (3,), (5,)):
        with pytest.raises(RuntimeError, match="initialised already"):
            channel.__init__(*arguments)  # type: ignore[misc]
    with pytest.raises(RuntimeError):
        nil.__init__()  # type: ignore[misc]
    assert channel.capacity == 3


@pytest.mark.parametrize("use", [
    lambda channel: channel.close(),
    lambda channel: wait_for_receivers(channel) if go(channel.recv) else None,
    lambda channel: wait_for_receivers(channel) if go(Selector([channel]).select) else None,
    lambda channel: [go(channel.recv), channel.send("value")],
])
@pytest.mark.parametrize("arguments", [{"capacity": 5}, {"dtype": "q"}])
def test_a_channel_in_use_keeps_its_shape(use: Any, arguments: dict[str, Any]) -> None:
    channel = Channel.__new__(Channel)
    use(channel)
    with pytest.raises(RuntimeError, match="used before it was initialised"):
        channel.__init__(**arguments)  # type: ignore[misc]
    assert (channel.capacity, channel.dtype) == (0, None)
    if not channel.closed and channel.try_send("served"):
        channel.close()


def test_timers_tickers_and_selectors() -> None:
    class Alarm(Timer):
        label = "alarm"

    class Metronome(Ticker):
        def recv(self, **waiting: Any) -> Any:
            return "tick", super().recv(**waiting)

    class Inputs(Selector):
        def __new__(cls, *cases: Any) -> Any:
            return super().__new__(cls, cases)

    alarm, metronome = Alarm(0.001), Metronome(0.001)
    alarm.extra = 5
    assert alarm.recv() <= heartbeat.now() and alarm.extra == 5 and alarm.label == "alarm"
    assert metronome.recv()[0] == "tick"
    inputs = Inputs(metronome, nil)
    assert len(inputs) == 2 and inputs.select().source is metronome
    assert "Alarm" in repr(alarm) and "Metronome" in repr(metronome)


def test_heartbeats() -> None:
    class Loud(Heartbeat):
        def __init__(self, volume: int) -> None:
            super().__init__("loud", interval=0.5)
            self.volume = volume

        def pulse(self) -> None:
            self.volume += 1
            super().pulse()

    beat = Loud(11)
    beat.pulse()
    with beat, beat.unit("unit"):
        assert beat.stats().pulses == 2 and beat.volume == 12  # a unit pulses past the method
    assert select(beat).ok and beat.closed and beat.pulses.name == "loud"
    assert repr(beat).startswith("<Loud 'loud'") and beat.pulse_interval().period == 0.5


def test_a_heartbeat_that_was_not_initialised_says_so() -> None:
    class Forgetful(Heartbeat):
        def __init__(self) -> None:
            pass

    beat = Forgetful()
    for use in (beat.pulse, beat.close, beat.stats, beat.unit, beat.pulse_interval, beat.__enter__,
                beat.__exit__, lambda: beat.pulses, lambda: beat.closed, lambda: next(beat),
                lambda: beat.progress(1), lambda: beat.pause(1)):
        with pytest.raises(RuntimeError, match="__init__"):
            use()
    assert "not initialised" in repr(beat) and beat.name is None
    assert beat.try_recv() is None
    Heartbeat.__init__(beat, "late")
    beat.pulse()
    assert beat.name == "late" and beat.recv()


def test_a_heartbeat_is_initialised_once() -> None:
    beat = Heartbeat("first", interval=1)
    for arguments in ({}, {"name": "first"}, {"interval": 2}):
        with pytest.raises(RuntimeError, match="initialised already"):
            beat.__init__(**arguments)  # type: ignore[misc]
    assert beat.name == "first" and beat.interval == 1
    with pytest.raises(ValueError):
        (other := Heartbeat.__new__(Heartbeat)).__init__(interval=0)  # type: ignore[misc]
    other.__init__(interval=1)  # type: ignore[misc]
    assert other.interval == 1


def test_workers() -> None:
    class Doubling(Worker[int]):
        """Own arguments, attributes and methods; it does what a method of its does."""

        def __new__(cls, jobs: Channel[int], **options: Any) -> Doubling:
            return super().__new__(cls, cls.work, **options)  # type: ignore[return-value]

        def __init__(self, jobs: Channel[int], **options: Any) -> None:
            self.log = [options]

        @staticmethod
        def work(ctx: WorkerContext) -> None:
            ctx.send(2 * ctx.recv(jobs))

    jobs: Channel[int] = Channel(1)
    jobs.send(4)
    with Doubling(jobs, interval=1.0, name="doubling") as worker:
        assert worker.recv(timeout=30) == 8 and worker.log == [{"interval": 1.0, "name": "doubling"}]
        assert repr(worker).startswith("<Doubling 'doubling'")


def test_attributes_of_plain_channels_are_fixed() -> None:
    for plain in (Channel(), Timer(1), Ticker(1), Watchdog(1), Selector(), go(int), nil, recv(nil),
                  Heartbeat(), Heartbeat().pulses, Heartbeat().unit(), Worker(int)):
        with pytest.raises(AttributeError):
            plain.extra = 5
    with pytest.raises(TypeError):
        Channel.extra = 5


@pytest.mark.parametrize("cls", [Task, heartbeat.Recv, heartbeat.Send, type(heartbeat.after_func(0, int)),
                                 Pulses, type(Heartbeat().unit()), type(Heartbeat().pause(1)),
                                 heartbeat.WorkerContext, heartbeat.Done])
def test_what_only_the_engine_makes_has_no_subclasses(cls: type) -> None:
    with pytest.raises(TypeError, match="base type"):
        type("Sub", (cls,), {})


@pytest.mark.parametrize("cls", [Source, Task, heartbeat.Recv, heartbeat.Send, Pulses,
                                 type(Heartbeat().unit()), type(Heartbeat().pause(1)),
                                 heartbeat.WorkerContext, heartbeat.Done])
def test_what_only_the_engine_makes_cannot_be_made(cls: type) -> None:
    with pytest.raises(TypeError, match="cannot create"):
        cls()
    with pytest.raises(TypeError):
        object.__new__(cls)


def test_a_source_of_ones_own_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        type("Own", (Source,), {})()
    with pytest.raises(TypeError, match="lay-?out"):
        type("Both", (Channel, Timer), {})


@pytest.mark.parametrize("make", [Channel, lambda: Timer(1), lambda: Ticker(1), lambda: Watchdog(1),
                                  Selector, lambda: go(int), lambda: nil, lambda: recv(nil),
                                  lambda: send(nil, 1), Heartbeat, lambda: Heartbeat().pulses,
                                  lambda: Heartbeat().unit(), lambda: Heartbeat().pause(1), lambda: Worker(int)])
def test_what_lives_in_threads_is_neither_copied_nor_pickled(make: Any) -> None:
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copied(make())


def test_comparison_and_hash_are_by_identity() -> None:
    channel, other = Channel[int](), Channel[int]()
    assert channel == channel != other
    assert {channel: 1, other: 2}[channel] == 1
    assert all([Channel(), Channel(1), nil, Timer(1), Ticker(1), go(int), Heartbeat()])
