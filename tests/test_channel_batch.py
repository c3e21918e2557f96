"""send_many and recv_many: many values at a time, each exactly once and in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from heartbeat import Channel, Closed, go, now
from support import QUIET, SOON, wait_for_receivers, wait_for_senders, wait_until

CAPACITIES = [0, 1, 7, 1000, None]
MANY = 2000  # several times what moves under one lock


def test_how_many_were_sent() -> None:
    channel: Channel[Any] = Channel(None)
    for values in ([], (), iter([]), "", range(0)):
        assert channel.send_many(values) == 0
    assert channel.send_many([1]) == 1
    assert channel.send_many((2, 3)) == 2
    assert channel.send_many(number for number in (4, 5)) == 2
    assert channel.send_many({"key": "value"}) == 1
    assert channel.send_many("ab") == 2
    assert channel.recv_many(100) == [1, 2, 3, 4, 5, "key", "a", "b"]


@pytest.mark.parametrize("capacity", CAPACITIES)
@pytest.mark.parametrize("kind", [list, tuple, iter])
@pytest.mark.parametrize("dtype", [None, "q"])
def test_all_arrive_in_order(capacity: int | None, kind: Any, dtype: str | None) -> None:
    channel: Channel[int] = Channel(capacity, dtype=dtype)

    def send() -> int:
        sent = channel.send_many(kind(range(MANY)))
        channel.close()
        return sent

    sender = go(send)
    received: list[int] = []
    for size in itertools.cycle([1, 300, 3]):
        try:
            some = channel.recv_many(size)
        except Closed:
            break
        assert 1 <= len(some) <= size
        received += some
    assert received == list(range(MANY)) and sender.result() == MANY


def test_a_channel_can_be_sent() -> None:
    source: Channel[int] = Channel(10)
    target: Channel[int] = Channel(None)
    source.send_many(range(10))
    source.close()
    assert target.send_many(source) == 10
    assert target.recv_many(10) == list(range(10))


def test_waiting_receivers_are_served_in_order() -> None:
    channel: Channel[int] = Channel(2)
    receivers = []
    for number in range(5):
        receivers.append(go(channel.recv))
        wait_for_receivers(channel, number + 1)
    assert channel.send_many(range(7), timeout=0) == 7
    assert [receiver.result() for receiver in receivers] == list(range(5))
    assert channel.recv_many(7) == [5, 6]


def test_waiting_senders_are_relieved_in_order() -> None:
    channel: Channel[int] = Channel(2)
    channel.send_many([0, 1])
    senders = []
    for number in range(5):
        senders.append(go(channel.send, 2 + number))
        wait_for_senders(channel, number + 1)
    assert channel.recv_many(100) == list(range(7))
    for sender in senders:
        sender.result()


def test_only_the_first_is_waited_for() -> None:
    channel: Channel[int] = Channel(5)
    task = go(channel.recv_many, 5)
    wait_for_receivers(channel)
    channel.send(1)
    assert task.result() == [1]
    with pytest.raises(TimeoutError):
        channel.recv_many(5, timeout=QUIET)
    with pytest.raises(TimeoutError):
        channel.recv_many(5, timeout=0)


def test_a_huge_max_means_all_there_is() -> None:
    channel: Channel[int] = Channel(None)
    for most in (10, 2**63, 10**30):
        channel.send_many(range(10))
        assert channel.recv_many(most) == list(range(10))


def test_when_time_runs_out_the_number_sent_is_returned() -> None:
    channel: Channel[int] = Channel(3)
    for waiting in ({"timeout": 0}, {"timeout": 0.01}, {"deadline": 0}, {"deadline": now()}):
        for values in (range(10), list(range(10)), iter(range(10))):
            assert channel.send_many(values, **waiting) == 3
            with pytest.raises(TimeoutError):
                channel.send_many(values, **waiting)
            assert channel.recv_many(5) == [0, 1, 2]
            assert channel.send_many([], **waiting) == 0


def test_one_timeout_for_all_together() -> None:
    channel: Channel[int] = Channel()
    receiver = go(list, channel)
    begun = now()
    sent = channel.send_many(itertools.count(), timeout=0.1)
    assert 0.1 <= now() - begun < SOON
    channel.close()
    assert receiver.result() == list(range(sent))


def test_closed_while_sending_tells_how_many_went() -> None:
    for values in (range(10), list(range(10))):
        channel: Channel[int] = Channel(3)
        task = go(channel.send_many, values)
        wait_for_senders(channel)
        channel.close("over")
        assert task.result() == 3
        assert list(channel) == [0, 1, 2]
        with pytest.raises(Closed) as caught:
            channel.send_many(values)
        assert caught.value.cause == "over"


def test_an_iterator_is_asked_when_the_value_before_has_gone() -> None:
    channel: Channel[int] = Channel(2)
    asked: list[int] = []

    def values() -> Iterator[int]:
        for number in range(5):
            asked.append(number)
            yield number

    task = go(channel.send_many, values())
    wait_for_senders(channel)
    assert asked == [0, 1, 2]
    assert channel.recv() == 0
    wait_until(lambda: asked == [0, 1, 2, 3])
    channel.close()
    assert task.result() == 3


def test_an_iterator_that_fails_leaves_what_was_sent() -> None:
    channel: Channel[int] = Channel(5)

    def values() -> Iterator[int]:
        yield from [1, 2]
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        channel.send_many(values())
    assert channel.recv_many(5) == [1, 2]


def test_an_iterator_may_use_the_channel() -> None:
    channel: Channel[int] = Channel(3)

    def values() -> Iterator[int]:
        for number in range(10):
            yield number
            assert channel.recv() == number

    assert channel.send_many(values()) == 10


def test_a_list_that_changes_is_sent_as_it_was() -> None:
    channel: Channel[Any] = Channel(2, dtype="q")
    values: list[Any] = []

    class Number:
        def __index__(self) -> int:
            values.clear()
            return 7

    values += [1, Number(), 2]
    sender = go(channel.send_many, values)
    assert [channel.recv() for _ in range(3)] == [1, 7, 2]
    assert sender.result() == 3 and values == []


@pytest.mark.parametrize("bad", ["x", 2**63, 1.5, None])
def test_a_bad_value_in_a_list_is_refused_before_any_is_sent(bad: Any) -> None:
    channel: Channel[Any] = Channel(5, dtype="q")
    for values in ([1, 2, bad], (bad, 1)):
        with pytest.raises(OverflowError if isinstance(bad, int) else TypeError, match="value"):
            channel.send_many(values)
    assert channel.stats().sends == 0
    with pytest.raises((TypeError, OverflowError), match="value"):
        channel.send_many(iter([1, 2, bad]))
    assert channel.recv_many(5) == [1, 2]


def test_many_senders_and_receivers() -> None:
    channel: Channel[tuple[int, int]] = Channel(10)
    received: Channel[list[Any]] = Channel(None)

    def receive() -> None:
        while True:
            try:
                received.send(channel.recv_many(7))
            except Closed:
                return

    receivers = [go(receive) for _ in range(3)]
    senders = [go(channel.send_many, [(who, number) for number in range(500)]) for who in range(3)]
    assert [sender.result() for sender in senders] == [500] * 3
    channel.close()
    [receiver.result() for receiver in receivers]
    received.close()
    values = sorted(value for some in received for value in some)
    assert values == sorted((who, number) for who in range(3) for number in range(500))
