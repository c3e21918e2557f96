"""Select under load: bodies that crossbeam-channel repeats for select!, select and ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import crossbeam_stress as stress
from crossbeam_choosers import Choice, Chooser
from crossbeam_helpers import assert_fair, fill, is_empty, scope
from heartbeat import Channel, after, nil, send, tick

Pair = tuple[Channel[int], Channel[int]]


def stress_recv(chooser: Chooser, turns: Channel[None], count: int) -> None:
    """Values come by two ways, one at a time, each way in order."""
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(5)

    def sender() -> None:
        for value in range(count):
            for channel in (first, second):
                channel.send(value)
                turns.recv()

    with scope() as spawn:
        spawn(sender)
        for expected in range(count):
            for index in range(2):
                assert chooser.select(first, second) == (index, expected, True)
                turns.send(None)


def _take_both(chooser: Chooser, cases: list[Any], received: list[Any]) -> None:
    """Two selects over the same two cases; the peer allows each of them once."""
    for index in range(2):
        assert chooser.select(*cases) == (index, received[index], True)


def stress_send(chooser: Chooser, count: int) -> None:
    first: Channel[int] = Channel(0)
    second: Channel[int] = Channel(0)
    turns: Channel[None] = Channel(100)

    def receiver() -> None:
        for expected in range(count):
            assert first.recv() == expected
            assert second.recv() == expected
            turns.recv()

    with scope() as spawn:
        spawn(receiver)
        for value in range(count):
            _take_both(chooser, [send(first, value), send(second, value)], [None, None])
            turns.send(None)


def stress_mixed(chooser: Chooser, count: int) -> None:
    first: Channel[int] = Channel(0)
    second: Channel[int] = Channel(0)
    turns: Channel[None] = Channel(100)

    def peer() -> None:
        for value in range(count):
            first.send(value)
            assert second.recv() == value
            turns.recv()

    with scope() as spawn:
        spawn(peer)
        for value in range(count):
            _take_both(chooser, [first, send(second, value)], [value, None])
            turns.send(None)


def stress_timeout_two_threads(chooser: Chooser) -> None:
    def put(channel: Channel[Any], value: int) -> None:
        chooser.select(send(channel, value), timeout=0.002)

    def take(channel: Channel[Any]) -> Any:
        return chooser.select(channel, timeout=0.002).value

    stress.stress_timeout_two_threads(Channel(2), 20, put, take)


def _meet(chooser: Chooser, channel: Channel[int], own: int) -> Choice:
    return chooser.select(channel, send(channel, own))


def _assert_matched(choices: list[Choice], outsiders: set[int]) -> None:
    """Every value sent was received once, never by its own sender."""
    received = [choice.value for choice in choices if choice.case == 0]
    sent = {own for own, choice in enumerate(choices) if choice.case == 1}
    assert all(choice.value != own for own, choice in enumerate(choices) if choice.case == 0)
    assert len(received) == len(set(received))
    assert set(received) == sent | outsiders


def matching(chooser: Chooser) -> None:
    """Threads that would send or receive on one channel pair off without a remainder."""
    channel: Channel[int] = Channel(0)
    with scope() as spawn:
        tasks = [spawn(_meet, chooser, channel, own) for own in range(44)]
    _assert_matched([task.result() for task in tasks], set())
    assert is_empty(channel)


def matching_with_leftover(chooser: Chooser) -> None:
    """An odd number of them leaves one, which a plain send frees."""
    channel: Channel[int] = Channel(0)
    with scope() as spawn:
        tasks = [spawn(_meet, chooser, channel, own) for own in range(55)]
        channel.send(-1)
    _assert_matched([task.result() for task in tasks], {-1})
    assert is_empty(channel)


def channel_through_channel(chooser: Chooser, capacity: int) -> None:
    def put(channel: Channel[Any], value: Any) -> None:
        chooser.select(send(channel, value))

    def take(channel: Channel[Any]) -> Any:
        return chooser.select(channel).value

    stress.channel_through_channel(capacity, 200, put, take)


def linearizable(
    choose: Callable[..., Choice | None], first: Channel[int], second: Channel[int]
) -> None:
    """A poll of two channels is one step.

    The peer fills the second before it empties the first, so at every instant one of them holds
    a value; a poll that looked at them one after the other could miss both.
    """
    start: Channel[None] = Channel(0)
    end: Channel[None] = Channel(0)
    count = 1000

    def poller() -> None:
        for _ in range(count):
            start.send(None)
            first.send(1)
            assert choose(first, second) is not None
            end.send(None)
            second.try_recv()

    def mover() -> None:
        for _ in range(count):
            start.recv()
            second.send(1)
            first.try_recv()
            end.recv()

    with scope() as spawn:
        spawn(poller)
        spawn(mover)


def fairness1(chooser: Chooser) -> None:
    """Channels, timers and tickers that are all ready get their even share."""
    count = 1000
    bounded: Channel[None] = Channel(count)
    unbounded: Channel[None] = Channel(None)
    fill(bounded, count)
    fill(unbounded, count)
    hits = [0] * 4
    for _ in range(count):
        hits[chooser.select(bounded, unbounded, after(0), tick(1e-9)).case] += 1
    assert_fair(hits, count)


def fairness2(chooser: Chooser) -> None:
    """A sender offers whatever is empty; the receiver neglects none of the three channels."""
    count = 2000
    channels: list[Channel[None]] = [Channel(None), Channel(1), Channel(0)]

    def offer() -> None:
        for _ in range(count):
            first, second = (c if len(c) == 0 else nil for c in channels[:2])
            chooser.select(send(first, None), send(second, None), send(channels[2], None))

    hits = [0] * 3
    with scope() as spawn:
        spawn(offer)
        for _ in range(count):
            hits[chooser.select(*channels).case] += 1
    assert sum(hits) == count
    assert all(hit >= count // 3 // 50 for hit in hits), hits
