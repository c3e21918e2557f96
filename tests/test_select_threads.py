"""select() is exact over threads: a value is handed over once, to one case, or not at all."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import Any

import pytest

from heartbeat import (
    Channel,
    Closed,
    Selector,
    Task,
    after,
    go,
    nil,
    select,
    send,
    try_select,
)
from support import SOON, wait_for_receivers, wait_for_senders

RACES = 300


def together(*calls: Any) -> list[Any]:
    """Run the calls on threads of their own, begun as close together as can be."""
    barrier = threading.Barrier(len(calls))

    def begin(call: Any) -> Any:
        barrier.wait(SOON)
        return call()

    return [task.result(SOON) for task in [go(begin, call) for call in calls]]


def waits_on_none(*channels: Channel[Any]) -> bool:
    return not any(channel.stats().waiting_receivers or channel.stats().waiting_senders
                   for channel in channels)


# ---- one of two ----


def test_two_senders_race_for_one_select() -> None:
    for race in range(RACES):
        one, other = Channel[int](), Channel[int]()
        task = go(select, one, other)
        if race % 2:
            wait_for_receivers(one)
        sent = together(lambda: one.try_send(0), lambda: other.try_send(1))
        if sent == [False, False]:
            one.send(0)
            sent = [True, False]
        index, value, ok = task.result(SOON)
        assert sent.count(True) == 1 and sent.index(True) == index == value and ok
        assert waits_on_none(one, other)


def test_a_sender_races_a_closer() -> None:
    for _ in range(RACES):
        closing, other = Channel[int](), Channel[int]()
        task = go(select, closing, other, nil)
        wait_for_receivers(closing)
        closed, sent = together(closing.close, lambda: other.try_send(1))
        assert closed and task.result(SOON) == ((1, 1, True) if sent else (0, None, False))
        assert waits_on_none(closing, other)


def test_a_receiver_races_a_closer() -> None:
    for _ in range(RACES):
        closing, other = Channel[int](), Channel[int]()
        task = go(select, send(closing, 0), send(other, 1))
        wait_for_senders(other)
        closed, received = together(closing.close, other.try_recv)
        assert closed
        if received is None:
            with pytest.raises(Closed):
                task.result(SOON)
        else:
            assert task.result(SOON) == (1, None, True)
        assert waits_on_none(closing, other)


def test_a_deadline_races_a_sender() -> None:
    channel, other = Channel[int](), Channel[int]()
    received: list[int] = []
    refused = 0
    for race in range(100):
        timeout = random.Random(race).uniform(0, 3e-4)
        task = go(lambda: select(other, channel, timeout=timeout))
        sent = False
        while not sent and not task.done:
            sent = channel.try_send(race)
        if sent:
            received.append(task.result(SOON).value)
            assert received[-1] == race
        else:
            refused += 1
            with pytest.raises(TimeoutError):
                task.result(SOON)
    assert len(received) + refused == 100 and waits_on_none(channel, other)


def test_two_selects_that_can_meet_on_two_channels_meet_on_one() -> None:
    for _ in range(RACES):
        one, other = Channel[Any](), Channel[Any]()
        first, second = together(lambda: select(send(one, "first"), other),
                                 lambda: select(one, send(other, "second")))
        assert first.index == second.index
        assert (first.value, second.value) == ((None, "first") if first.index == 0 else ("second", None))
        assert waits_on_none(one, other)


def test_a_timer_races_a_sender() -> None:
    for _ in range(100):
        channel, timer = Channel[int](), after(2e-4)
        task = go(select, channel, timer)
        sent = False
        while not sent and not task.done:
            sent = channel.try_send(1)
        assert task.result(SOON).index == (0 if sent else 1)
        assert timer.active is sent  # what was not received can still be


# ---- many ----


def exchange(channels: list[Channel[Any]], stop: Channel[Any], who: int, sent: list[Any],
             received: list[Any]) -> None:
    """Send and receive on all of them at once, in an order of one's own, until told to stop."""
    chance = random.Random(who)
    number = 0
    while True:
        cases: list[Any] = [stop]
        for channel in channels:
            cases += [send(channel, (who, number)), channel]
        chance.shuffle(cases)
        selected = select(*cases)
        if selected.source is stop:
            return
        if selected.value is None:
            sent.append((who, number))
            number += 1
        else:
            received.append(selected.value)


@pytest.mark.parametrize("capacity", [0, 1, 3])
def test_selects_meet_selects_on_shared_channels(capacity: int) -> None:
    channels = [Channel[Any](capacity) for _ in range(3)]
    stop = Channel[Any]()
    sent: list[Any] = []
    received: list[Any] = []
    tasks = [go(exchange, channels, stop, who, sent, received) for who in range(4)]
    while len(received) < 1500:
        with pytest.raises(TimeoutError):
            stop.recv(timeout=0.01)
    stop.close()
    for task in tasks:
        task.result(SOON)
    for channel in channels:
        channel.close()
        received += list(channel)
    assert Counter(sent) == Counter(received) and max(Counter(sent).values()) == 1


def select_in_a_loop(kind: str, channels: list[Channel[Any]], shared: Selector) -> list[Any]:
    """Receive all there is on the channels, one way or another."""
    received, left = [], list(channels)
    selector = shared if kind == "shared selector" else Selector(channels)
    while left:
        if kind.endswith("selector"):
            selected = selector.select()
        elif kind == "try_select":
            selected = try_select(*left, nil) or select(*left)
        else:
            try:
                selected = select(*left, timeout=1e-5 if kind == "timeout" else None)
            except TimeoutError:
                continue
        if selected.ok:
            received.append(selected.value)
        elif selected.source in left:
            left.remove(selected.source)
    return received


@pytest.mark.parametrize("kind", ["select", "try_select", "selector", "shared selector", "timeout"])
def test_every_value_is_received_once(kind: str) -> None:
    channels = [Channel[Any](capacity) for capacity in (0, 1, 5)]
    shared = Selector(channels)
    receivers = [go(select_in_a_loop, kind, channels, shared) for _ in range(3)]
    values = [[(which, number) for number in range(400)] for which in range(3)]
    senders = [go(channel.send_many, iter(mine)) for channel, mine in zip(channels, values, strict=True)]
    for sender, channel in zip(senders, channels, strict=True):
        assert sender.result(SOON) == 400
        channel.close()
    received = [value for receiver in receivers for value in receiver.result(SOON)]
    assert sorted(received) == sum(values, [])


def test_values_of_one_sender_keep_their_order() -> None:
    channels = [Channel[Any](capacity) for capacity in (0, 2)]
    senders = [go(channel.send_many, range(500)) for channel in channels]
    seen: dict[int, list[Any]] = {0: [], 1: []}
    for _ in range(1000):
        selected = select(*channels)
        seen[selected.index].append(selected.value)
    assert seen == {0: list(range(500)), 1: list(range(500))}
    assert [sender.result(SOON) for sender in senders] == [500, 500]


def test_closing_ends_all_selects_once() -> None:
    for _ in range(50):
        channels = [Channel[Any]() for _ in range(4)]
        tasks: list[Task] = [go(select, *channels[turn:], *channels[:turn]) for turn in range(4)]
        tasks += [go(select, *reversed(channels)) for _ in range(2)]
        together(*[channel.close for channel in channels])
        outcomes = [task.result(SOON) for task in tasks]
        assert all(value is None and not ok for _, value, ok in outcomes)
        assert waits_on_none(*channels)
