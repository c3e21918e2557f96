"""Go test/typeparam/chans.go: small generic tools over channels, and what they are used for.

The original's context is a channel here that is closed to cancel; its background context is nil,
which never is.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

import heartbeat
from go_helpers import WAIT, Program, no_waiters, stays_quiet, until_receivers, until_senders
from heartbeat import Channel, nil, select, send, try_select

T = TypeVar("T")


def read_all(done: Channel[None], source: Channel[T]) -> list[T]:
    values: list[T] = []
    while (got := select(done, source, timeout=WAIT)).source is source and got.ok:
        values.append(got.value)
    return values


def merge(
    program: Program, done: Channel[None], first: Channel[T], second: Channel[T]
) -> Channel[T]:
    out: Channel[T] = program.chan()

    def run() -> None:
        inputs: list[Channel[T] | None] = [first, second]
        while any(source is not None for source in inputs):
            got = select(done, *inputs)
            if got.source is done:
                break
            if got.ok:
                out.send(got.value)
            else:
                inputs[got.index - 1] = None
        out.close()

    program.go(run)
    return out


def keep(
    program: Program, done: Channel[None], source: Channel[T], wanted: Callable[[T], bool]
) -> Channel[T]:
    out: Channel[T] = program.chan()

    def run() -> None:
        while (got := select(done, source)).ok:
            if wanted(got.value):
                out.send(got.value)
        out.close()

    program.go(run)
    return out


def sink(program: Program, done: Channel[None]) -> Channel[T]:
    drain: Channel[T] = program.chan()

    def run() -> None:
        while select(done, drain).ok:
            pass

    program.go(run)
    return drain


class Exclusive(Generic[T]):
    """A value that one thread at a time may have: the channel's only slot holds it when nobody
    does.
    """

    def __init__(self, initial: T) -> None:
        self._slot: Channel[T] = Channel(1)
        self._slot.send(initial)

    def acquire(self) -> T:
        return self._slot.recv(timeout=WAIT)

    def try_acquire(self) -> T | None:
        return self._slot.try_recv()

    def release(self, value: T) -> None:
        assert self._slot.try_send(value), "released without being acquired"


class Receiver(Generic[T]):
    """The receiving end of a ranger; when it is freed, the sending end is told."""

    def __init__(self, values: Channel[T], freed: Channel[None]) -> None:
        self._values = values
        weakref.finalize(self, freed.close)

    def next(self, done: Channel[None]) -> tuple[T | None, bool]:
        got = select(done, self._values)
        return got.value, got.ok


class Sender(Generic[T]):
    def __init__(self, values: Channel[T], freed: Channel[None]) -> None:
        self._values, self._freed = values, freed

    def send(self, done: Channel[None], value: T) -> bool:
        return select(done, send(self._values, value), self._freed).index == 1

    def close(self) -> None:
        self._values.close()


def produce(program: Program, *values: T) -> Channel[T]:
    channel: Channel[T] = program.chan()

    def run() -> None:
        channel.send_many(values)
        channel.close()

    program.go(run)
    return channel


def test_ReadAll() -> None:
    with Program() as program:
        assert read_all(nil, produce(program, 4, 2, 5)) == [4, 2, 5]


def test_ReadAll_cancelled() -> None:
    with Program() as program:
        done, source = program.chan(), program.chan()
        reader = program.go(read_all, done, source)
        source.send_many([1, 2], timeout=WAIT)
        done.close()
        assert reader.result(WAIT) == [1, 2]
        assert no_waiters(source)


def test_Merge() -> None:
    with Program() as program:
        merged = read_all(
            nil, merge(program, nil, produce(program, 1, 3, 5), produce(program, 2, 4, 6))
        )
        assert sorted(merged) == [1, 2, 3, 4, 5, 6]
        assert [value for value in merged if value % 2] == [
            1,
            3,
            5,
        ]  # the order within each input stays


def test_Merge_cancelled() -> None:
    with Program() as program:
        done, first, second = program.chan(), program.chan(), program.chan()
        out = merge(program, done, first, second)
        until_receivers(second, 1)
        done.close()
        assert list(out) == []
        assert no_waiters(first) and no_waiters(second)


def test_Filter() -> None:
    with Program() as program:
        assert read_all(
            nil, keep(program, nil, produce(program, 1, 2, 3), lambda value: value % 2 == 0)
        ) == [2]


def test_Sink() -> None:
    with Program() as program:
        drain: Channel[int] = sink(program, nil)
        limit = heartbeat.Timer(WAIT)
        for number in (1, 2, 3):
            assert select(send(drain, number), limit).index == 0
        assert limit.stop() is True
        drain.close()
        program.join()


def test_Exclusive() -> None:
    with Program() as program:
        exclusive = Exclusive([0])

        def add_ten() -> None:
            for _ in range(10):
                value = exclusive.acquire()
                value[0] += 1
                exclusive.release(value)

        program.go(add_ten)
        program.go(add_ten)
        program.join()
        assert exclusive.acquire() == [20]


def test_ExclusiveTry() -> None:
    with Program() as program:
        exclusive = Exclusive(["a"])
        value = exclusive.try_acquire()
        assert value == ["a"]
        assert program.go(exclusive.try_acquire).result(WAIT) is None
        exclusive.release(value)
        assert exclusive.try_acquire() is value


def receive_one(receiver: Receiver[int]) -> tuple[int | None, bool]:
    return receiver.next(nil)


def test_Ranger() -> None:
    """A thread takes one value and ends; that frees the receiving end, and the next send reports
    it.
    """
    with Program() as program:
        values, freed = program.chan(), program.chan()
        sender: Sender[int] = Sender(values, freed)
        reader = program.go(receive_one, Receiver(values, freed))
        assert sender.send(nil, 1) is True
        assert reader.result(WAIT) == (1, True)
        blocked = program.go(sender.send, nil, 2)
        gc.collect()
        assert blocked.result(WAIT) is False


def test_Ranger_closed_by_its_sender() -> None:
    with Program() as program:
        values, freed = program.chan(), program.chan()
        receiver = Receiver[int](values, freed)
        reader = program.go(receiver.next, nil)
        until_receivers(values, 1)
        Sender(values, freed).close()
        assert reader.result(WAIT) == (None, False)


def test_Ranger_cancelled() -> None:
    with Program() as program:
        values, freed, done = program.chan(), program.chan(), program.chan()
        receiver = Receiver[int](values, freed)
        blocked = program.go(Sender(values, freed).send, done, 1)
        until_senders(values, 1)
        done.close()
        assert blocked.result(WAIT) is False
        assert try_select(values) is None and stays_quiet(freed)
        del receiver
        gc.collect()
        assert freed.closed
