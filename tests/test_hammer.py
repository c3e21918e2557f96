"""Many threads on the same channels for a while: nothing is lost, doubled or out of order."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import Channel, Closed, Selector, Task, after, go, select, send, sleep, try_select
from support import SOON, wait_until

EACH = 1000  # values a sender sends
SENDERS, RECEIVERS = 4, 3


def join(tasks: list[Task]) -> list[Any]:
    return [task.result(2 * SOON) for task in tasks]


# ---- senders and receivers of every kind ----


def send_plainly(channel: Channel[int], values: list[int]) -> None:
    for value in values:
        channel.send(value)


def send_trying(channel: Channel[int], values: list[int]) -> None:
    for value in values:
        while not channel.try_send(value):
            sleep(0)


def send_impatiently(channel: Channel[int], values: list[int]) -> None:
    for value in values:
        while True:
            try:
                channel.send(value, timeout=1e-5)
                break
            except TimeoutError:
                continue


def send_in_batches(channel: Channel[int], values: list[int]) -> None:
    while values:
        values = values[channel.send_many(values[:50], timeout=SOON):]


def send_selecting(channel: Channel[int], values: list[int]) -> None:
    other = Channel[int]()
    for value in values:
        select(send(other, value), other, send(channel, value), after(1000))


def receive_plainly(channel: Channel[int]) -> list[int]:
    return list(channel)


def receive_trying(channel: Channel[int]) -> list[int]:
    received = []
    while True:
        try:
            value = channel.try_recv()
        except Closed:
            return received
        if value is None:
            sleep(0)
        else:
            received.append(value)


def receive_impatiently(channel: Channel[int]) -> list[int]:
    received = []
    while True:
        try:
            received.append(channel.recv(timeout=1e-5))
        except TimeoutError:
            continue
        except Closed:
            return received


def receive_in_batches(channel: Channel[int]) -> list[int]:
    received = []
    while True:
        try:
            received += channel.recv_many(20)
        except Closed:
            return received


def receive_selecting(channel: Channel[int]) -> list[int]:
    received, other = [], Channel[int]()
    while (selected := select(other, channel, send(other, 1), after(1000), channel)).ok:
        received.append(selected.value)
    return received


SENDS = [send_plainly, send_trying, send_impatiently, send_in_batches, send_selecting]
RECEIVES = [receive_plainly, receive_trying, receive_impatiently, receive_in_batches, receive_selecting]


def hammer(channel: Channel[int], sends: list[Callable[..., None]],
           receives: list[Callable[..., list[int]]]) -> None:
    values = [[who * EACH + number for number in range(EACH)] for who in range(SENDERS)]
    receivers = [go(receives[who % len(receives)], channel) for who in range(RECEIVERS)]
    join([go(sends[who % len(sends)], channel, values[who]) for who in range(SENDERS)])
    channel.close()
    received = join(receivers)
    assert sorted(value for some in received for value in some) == list(range(SENDERS * EACH))
    for some in received:  # what one sender sent to one receiver came in order
        for who in range(SENDERS):
            mine = [value for value in some if value // EACH == who]
            assert mine == sorted(mine)
    stats = channel.stats()
    assert stats.sends == stats.receives == SENDERS * EACH
    assert stats.waiting_senders == stats.waiting_receivers == 0 == stats.len


@pytest.mark.parametrize("capacity", [0, 1, 10, None])
@pytest.mark.parametrize("dtype", [None, "q"])
def test_all_kinds_at_once(capacity: int | None, dtype: str | None) -> None:
    for turn in range(2):
        hammer(Channel(capacity, dtype=dtype), SENDS[turn:] + SENDS[:turn], RECEIVES[2 * turn:])


@pytest.mark.parametrize("kind", range(5), ids=lambda kind: SENDS[kind].__name__.removeprefix("send_"))
@pytest.mark.parametrize("capacity", [0, 2])
def test_one_kind(kind: int, capacity: int) -> None:
    trying = SENDS[kind] is send_trying  # two who only try never meet
    hammer(Channel(capacity + trying), [SENDS[kind]], [RECEIVES[kind]])


# ---- closing ----


def test_closing_under_load() -> None:
    for race in range(30):
        channel = Channel[int](race % 3)
        accepted = Channel[int](None)

        def send_until_closed(who: int, channel: Channel[int] = channel, accepted: Any = accepted) -> None:
            for number in range(10**6):
                try:
                    channel.send(1000 * number + who)
                except Closed:
                    return
                accepted.send(1000 * number + who)

        senders = [go(send_until_closed, who) for who in range(3)]
        receivers = [go(RECEIVES[(race + which) % 5], channel) for which in range(2)]
        sleep(0.002)
        assert join([go(channel.close, closer) for closer in range(4)]).count(True) == 1
        join(senders)
        received = [value for some in join(receivers) for value in some]
        accepted.close()
        assert sorted(received) == sorted(accepted)


def test_a_pipeline_that_is_closed_from_the_front() -> None:
    stages = [Channel[int](capacity) for capacity in (0, 1, 0, 5, 0)]

    def forward(source: Channel[int], target: Channel[int]) -> None:
        for value in source:
            target.send(value + 1)
        target.close()

    tasks = [go(forward, *pair) for pair in zip(stages, stages[1:], strict=False)]
    sender = go(send_in_batches, stages[0], list(range(2000)))
    sender_ended = go(lambda: (sender.join(), stages[0].close()))
    assert list(stages[-1]) == list(range(4, 2004))
    join([*tasks, sender_ended])


# ---- selects and selectors ----


def test_a_ring_of_selects() -> None:
    """Every thread both sends to the next and receives from the one before."""
    ring = [Channel[int]() for _ in range(5)]
    stop = Channel[None]()

    def work(place: int) -> tuple[int, int]:
        given = taken = 0
        before, after_ = ring[place], ring[(place + 1) % len(ring)]
        while (selected := select(stop, before, send(after_, place))).source is not stop:
            given += selected.value is None
            taken += selected.value is not None
        return given, taken

    tasks = [go(work, place) for place in range(len(ring))]
    sleep(0.2)
    stop.close()
    counts = join(tasks)
    assert sum(given for given, _ in counts) == sum(taken for _, taken in counts) > 0
    assert [ring[(place + 1) % 5].stats().receives for place in range(5)] == [given for given, _ in counts]


def test_selectors_and_selects_share_channels() -> None:
    channels = [Channel[int](capacity) for capacity in (0, 0, 1, 3)]
    shared = Selector(channels)
    stop = Channel[None]()
    shared.add(stop)

    def with_selector(selector: Selector) -> list[int]:
        received = []
        while (selected := selector.select()).source is not stop:
            received.append(selected.value)
        return received

    def with_polls() -> list[int]:
        received = []
        while (selected := try_select(*channels, stop) or select(*channels, stop)).source is not stop:
            received.append(selected.value)
        return received

    receivers = [go(with_selector, shared), go(with_selector, shared),
                 go(with_selector, Selector([stop, *channels])), go(with_polls)]
    values = [list(range(which, 1200, 4)) for which in range(4)]
    join([go(SENDS[which], channels[which], values[which]) for which in range(4)])
    wait_until(lambda: not any(map(len, channels)))
    stop.close()
    assert sorted(value for some in join(receivers) for value in some) == list(range(1200))


def test_rendezvous_counts_agree_under_random_timeouts() -> None:
    channel = Channel[int]()
    outcomes = Counter[str]()
    lock = threading.Lock()

    def work(who: int) -> None:
        chance = random.Random(who)
        mine = Counter[str]()
        for _ in range(500):
            timeout = chance.choice([0, 1e-6, 1e-5, 1e-4])
            kind = chance.choice(["sent", "received"])
            try:
                channel.send(who, timeout=timeout) if kind == "sent" else channel.recv(timeout=timeout)
                mine[kind] += 1
            except TimeoutError:
                mine["nothing"] += 1
        with lock:
            outcomes.update(mine)

    join([go(work, who) for who in range(6)])
    assert outcomes["sent"] == outcomes["received"] == channel.stats().sends == channel.stats().receives
    assert outcomes.total() == 3000
