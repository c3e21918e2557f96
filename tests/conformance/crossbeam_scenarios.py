"""States and order: bodies that crossbeam-channel repeats for each kind of channel."""

from __future__ import annotations

from collections import Counter
from typing import Any

from crossbeam_helpers import (
    LIMIT,
    assert_closed,
    assert_times_out,
    is_empty,
    scope,
    until,
    until_closed,
    until_receivers,
    until_senders,
)
from heartbeat import Channel

THREADS = 4


def try_recv_sees_each_state(channel: Channel[int]) -> None:
    """Empty, then a value to take, then closed."""
    polled: Channel[None] = Channel(1)

    def receiver() -> None:
        assert is_empty(channel)
        polled.send(None)
        until(lambda: len(channel) or channel.stats().waiting_senders)
        assert channel.try_recv() == 7
        until_closed(channel)
        assert_closed(channel.try_recv)

    def sender() -> None:
        polled.recv()
        channel.send(7)
        channel.close()

    with scope() as spawn:
        spawn(receiver)
        spawn(sender)


def recv_in_order_until_closed(channel: Channel[int]) -> None:
    """The receiver waits first, then lets values pile up, then meets the close."""

    def receiver() -> None:
        assert channel.recv() == 7
        until(lambda: len(channel) == 2 or channel.stats().waiting_senders)
        assert channel.recv() == 8
        assert channel.recv() == 9
        assert_closed(channel.recv)

    def sender() -> None:
        until_receivers(channel)
        for value in (7, 8, 9):
            channel.send(value)
        channel.close()

    with scope() as spawn:
        spawn(receiver)
        spawn(sender)


def recv_timeout_sees_each_state(channel: Channel[int]) -> None:
    """Too early, then in time, then closed."""
    gave_up: Channel[None] = Channel(1)

    def receiver() -> None:
        assert_times_out(channel.recv)
        gave_up.send(None)
        assert channel.recv(timeout=LIMIT) == 7
        assert_closed(channel.recv, timeout=LIMIT)

    def sender() -> None:
        gave_up.recv()
        channel.send(7)
        channel.close()

    with scope() as spawn:
        spawn(receiver)
        spawn(sender)


def send_after_close(channel: Channel[int]) -> None:
    for value in (1, 2, 3):
        channel.send(value)
    channel.close()
    assert_closed(channel.send, 4)
    assert_closed(channel.try_send, 5)
    assert_closed(channel.send, 6, timeout=LIMIT)


def recv_after_close(channel: Channel[int]) -> None:
    for value in (1, 2, 3):
        channel.send(value)
    channel.close()
    assert [channel.recv() for _ in range(3)] == [1, 2, 3]
    assert_closed(channel.recv)


def close_wakes_sender(full: Channel[Any]) -> None:
    with scope() as spawn:
        spawn(assert_closed, full.send, None)
        until_senders(full)
        assert full.close()


def close_wakes_receiver(channel: Channel[Any]) -> None:
    with scope() as spawn:
        spawn(assert_closed, channel.recv)
        until_receivers(channel)
        assert channel.close()


def spsc(channel: Channel[int], count: int) -> None:
    """One sender, one receiver: every value, in order, then the end."""

    def receiver() -> None:
        for expected in range(count):
            assert channel.recv() == expected
        assert_closed(channel.recv)

    def sender() -> None:
        for value in range(count):
            channel.send(value)
        channel.close()

    with scope() as spawn:
        spawn(receiver)
        spawn(sender)


def mpmc(channel: Channel[int], count: int) -> None:
    """Each value is sent once by every sender and so is received exactly that often."""

    def receiver() -> Counter[int]:
        return Counter(channel.recv() for _ in range(count))

    def sender() -> None:
        for value in range(count):
            channel.send(value)

    with scope() as spawn:
        receivers = [spawn(receiver) for _ in range(THREADS)]
        for _ in range(THREADS):
            spawn(sender)
    seen = sum((task.result() for task in receivers), Counter[int]())
    assert seen == {value: THREADS for value in range(count)}
    assert is_empty(channel)
