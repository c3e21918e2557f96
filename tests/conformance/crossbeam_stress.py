"""Stress, lifetime and fairness: bodies that crossbeam-channel repeats for each kind of channel."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from crossbeam_helpers import (
    EMPTY,
    Message,
    assert_fair,
    drain_until_closed,
    fill,
    is_empty,
    scope,
    until,
)
from heartbeat import Channel, Closed, select, sleep

Put = Callable[[Channel[Any], Any], Any]
Take = Callable[[Channel[Any]], Any]
THREADS = 4


def stress_oneshot(make: Callable[[], Channel[int]], count: int) -> None:
    """A fresh channel and two fresh threads for each single message."""
    for value in range(count):
        channel = make()
        with scope() as spawn:
            received = spawn(channel.recv)
            spawn(channel.send, value)
        assert received.result() == value


def stress_iter(request: Channel[None], response: Channel[int], count: int, ask: Take) -> None:
    """A client asks until it has enough answers, then closes both channels under the server."""

    def client() -> int:
        total = 0
        while total < count:
            ask(request)
            total += sum(drain_until_closed(response))
        request.close()
        response.close()
        return total

    with scope() as spawn:
        task = spawn(client)
        sent = _answer(request, response)
    assert task.result() + sum(drain_until_closed(response)) == sent


def _answer(request: Channel[None], response: Channel[int]) -> int:
    sent = 0
    for _ in request:
        try:
            response.send(1)
        except Closed:
            break
        sent += 1
    return sent


def stress_timeout_two_threads(channel: Channel[int], count: int, put: Put, take: Take) -> None:
    """Both sides stall now and then, so that the other's short timeout runs out again and again.

    `put` and `take` raise TimeoutError on the way, which may neither lose nor double a value.
    """

    def sender() -> None:
        for value in range(count):
            _stall(value)
            _insist(put, channel, value)

    def receiver() -> None:
        for expected in range(count):
            _stall(expected)
            assert _insist(take, channel) == expected

    with scope() as spawn:
        spawn(sender)
        spawn(receiver)
    assert is_empty(channel)


def _stall(index: int) -> None:
    if index % 2 == 0:
        sleep(0.01)


def _insist(operation: Callable[..., Any], *args: Any) -> Any:
    while True:
        try:
            return operation(*args)
        except TimeoutError:
            continue


def _receive_and_drop(channel: Channel[Message], count: int) -> None:
    for _ in range(count):
        channel.recv()


def _send_messages(channel: Channel[Message], count: int, ends: list[None]) -> None:
    for _ in range(count):
        channel.send(Message(ends))


def drops(make: Callable[[], Channel[Message]], additional: int, random: Random) -> None:
    """Received messages end at once; those still queued end with their channel."""
    steps = random.randrange(500)
    ends: list[None] = []
    channel = make()
    with scope() as spawn:
        spawn(_receive_and_drop, channel, steps)
        spawn(_send_messages, channel, steps, ends)
    _send_messages(channel, additional, ends)
    until(lambda: len(ends) >= steps)
    assert len(ends) == steps
    del channel
    until(lambda: len(ends) == steps + additional)


def linearizable(channel: Channel[int], count: int) -> None:
    """Who has put one in must find one to take: there are never more takers than values."""

    def worker() -> None:
        for _ in range(count):
            channel.send(0)
            assert channel.try_recv(EMPTY) == 0

    with scope() as spawn:
        for _ in range(THREADS):
            spawn(worker)


def fairness(first: Channel[None], second: Channel[None], count: int) -> None:
    fill(first, count)
    fill(second, count)
    hits = [0, 0]
    for _ in range(count):
        hits[select(first, second).index] += 1
    assert_fair(hits, count)


def fairness_duplicates(channel: Channel[None], count: int) -> None:
    fill(channel, count)
    hits = [0] * 5
    for _ in range(count):
        hits[select(*[channel] * 5).index] += 1
    assert_fair(hits, count)


def channel_through_channel(
    capacity: int | None, count: int, put: Put = Channel.send, take: Take = Channel.recv
) -> None:
    """Each channel carries the next one."""
    first: Channel[Any] = Channel(capacity)

    def sender() -> None:
        channel = first
        for _ in range(count):
            following: Channel[Any] = Channel(capacity)
            put(channel, following)
            channel = following

    def receiver() -> Channel[Any]:
        channel = first
        for _ in range(count):
            channel = take(channel)
        return channel

    with scope() as spawn:
        spawn(sender)
        last = spawn(receiver)
    assert last.result().capacity == capacity
    assert last.result() is not first
