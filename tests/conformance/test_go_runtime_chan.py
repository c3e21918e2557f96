"""Go src/runtime/chan_test.go, first part: TestChan, for several capacities, and what a channel
owes to its waiters.

The second part, on select, is test_go_runtime_select.py.
"""

from __future__ import annotations

import gc
from collections import Counter
from typing import Any

import pytest
from go_helpers import DTYPES, WAIT, Program, stays_quiet, until_receivers, until_senders, yield_now
from heartbeat import Channel, Closed, select, send, try_select

EMPTY = object()
# 0 to 19 in the original's short form.
capacities = pytest.mark.parametrize("capacity", [0, 1, 2, 3, 7, 19])
dtypes = pytest.mark.parametrize("dtype", DTYPES)


def filled(program: Program, capacity: int, dtype: str | None) -> Channel[Any]:
    channel = program.chan(capacity, dtype)
    channel.send_many(range(capacity), timeout=0)
    return channel


@dtypes
@capacities
def test_Chan_receive_from_empty_blocks(capacity: int, dtype: str | None) -> None:
    with Program() as program:
        channel, received = program.chan(capacity, dtype), program.chan(2)
        program.go(lambda: received.send(channel.recv()))
        program.go(lambda: received.send(select(channel).value))
        until_receivers(channel, 2)
        assert stays_quiet(received, 0.001)
        assert channel.try_recv(EMPTY) is EMPTY
        assert try_select(channel) is None
        channel.send_many([5, 6], timeout=WAIT)
        assert {received.recv(timeout=WAIT), received.recv(timeout=WAIT)} == {5, 6}


@dtypes
@capacities
def test_Chan_send_to_full_blocks(capacity: int, dtype: str | None) -> None:
    with Program() as program:
        channel, sent = filled(program, capacity, dtype), program.chan(1)
        program.go(lambda: sent.send(channel.send(100)))
        until_senders(channel, 1)
        assert stays_quiet(sent, 0.001)
        assert channel.try_send(200) is False
        assert try_select(send(channel, 200)) is None
        assert channel.recv(timeout=WAIT) == (0 if capacity else 100)
        assert sent.recv(timeout=WAIT) is None


@dtypes
@capacities
def test_Chan_closed_is_drained_first(capacity: int, dtype: str | None) -> None:
    with Program() as program:
        channel = filled(program, capacity, dtype)
        channel.close()
        assert [channel.recv(timeout=0) for _ in range(capacity)] == list(range(capacity))
        with pytest.raises(Closed):
            channel.recv()
        assert select(channel) == (0, None, False)


@dtypes
@capacities
def test_Chan_close_unblocks_receive(capacity: int, dtype: str | None) -> None:
    with Program() as program:
        channel = program.chan(capacity, dtype)
        task = program.go(select, channel)
        until_receivers(channel, 1)
        channel.close()
        assert task.result(WAIT) == (0, None, False)


@dtypes
@capacities
def test_Chan_keeps_order(capacity: int, dtype: str | None) -> None:
    with Program() as program:
        channel = program.chan(capacity, dtype)
        program.go(channel.send_many, range(100))
        assert [channel.recv(timeout=WAIT) for _ in range(100)] == list(range(100))
        program.go(channel.send_many, range(100))
        assert [select(channel, timeout=WAIT) for _ in range(100)] == [
            (0, i, True) for i in range(100)
        ]


@dtypes
@capacities
def test_Chan_four_senders_four_receivers(capacity: int, dtype: str | None) -> None:
    """What four threads send, four others receive: each number four times.

    1,000 numbers there, 250 here.
    """
    with Program() as program:
        channel, done = program.chan(capacity, dtype), program.chan()
        for _ in range(4):
            program.go(lambda: [channel.send(number) for number in range(250)])
            program.go(lambda: done.send(Counter(channel.recv() for _ in range(250))))
        received: Counter[int] = Counter()
        for _ in range(4):
            received += done.recv(timeout=WAIT)
        assert received == Counter(dict.fromkeys(range(250), 4))


@dtypes
@capacities
def test_Chan_len_and_cap(capacity: int, dtype: str | None) -> None:
    with Program() as program:
        assert (len(empty := program.chan(capacity, dtype)), empty.capacity) == (0, capacity)
        assert (len(full := filled(program, capacity, dtype)), full.capacity) == (
            capacity,
            capacity,
        )


def test_ChanSendInterface() -> None:
    """What cannot be sent is not: of three offers of an object the one that fits is there, and the
    others are free.
    """
    first, second = object(), object()
    channel: Channel[object] = Channel(1)
    channel.send(first)
    assert try_select(send(channel, first)) is None
    assert try_select(send(channel, first), send(channel, second)) is None
    assert channel.recv() is first
    assert len(channel) == 0


def test_MultiConsumer() -> None:
    """23 workers between a feeder and a reader: what comes out has the number and the sum of what
    went in.

    271,828 values there, 3,000 here.
    """
    values = [(2, 3, 7, 11, 13, 17, 19, 23, 27, 31)[i % 10] for i in range(3_000)]
    with Program() as program:
        work, results = program.chan(69, "q"), program.chan(69, "q")
        workers = [program.go(relay_with_pauses, work, results, number) for number in range(23)]
        program.go(feed_and_close, work, results, workers, values)
        assert Counter(results) == Counter(values)
        program.join()


def relay_with_pauses(work: Channel[int], results: Channel[int], number: int) -> None:
    for value in work:
        if value % 10 == number % 10:
            yield_now()
        results.send(value)


def feed_and_close(
    work: Channel[int], results: Channel[int], workers: list[Any], values: list[int]
) -> None:
    work.send_many(values)
    work.close()
    for worker in workers:
        worker.join(WAIT)
    results.close()


def deep(levels: int) -> int:
    return 0 if levels == 0 else 1 + deep(levels - 1)


def test_ShrinkStackDuringBlockedSend() -> None:
    """Go's collector moves stacks; ours walks the objects that blocked senders hold.

    Neither may disturb a send.
    """
    with Program() as program:
        channel = program.chan()

        def send_lists() -> None:
            for number in range(10):
                channel.send([number])
                assert deep(100) == 100

        program.go(send_lists)
        for number in range(10):
            until_senders(channel, 1)
            gc.collect()
            assert channel.recv(timeout=WAIT) == [number]
        program.join()


def test_NoShrinkStackWhileParking() -> None:
    """The collector runs while both sides are about to wait, or waiting, or on their way out of
    it.
    """
    for _ in range(20):
        with Program() as program:
            channel = program.chan()
            program.go(lambda channel=channel: [channel.send([number]) for number in range(10)])
            receiver = program.go(lambda channel=channel: [channel.recv() for _ in range(10)])
            gc.collect()
            assert receiver.result(WAIT) == [[number] for number in range(10)]
            program.join()
