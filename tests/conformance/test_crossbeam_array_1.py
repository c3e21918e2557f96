"""crossbeam-channel tests/array.rs: bounded channels, state by state."""

from __future__ import annotations

import sys
import weakref

import pytest

import crossbeam_scenarios as scenarios
from crossbeam_helpers import (
    LIMIT,
    Message,
    assert_closed,
    assert_times_out,
    is_empty,
    scope,
    until,
    until_closed,
    until_receivers,
    until_senders,
)
from heartbeat import Channel, select, send, try_select


def test_array_smoke() -> None:
    channel: Channel[int] = Channel(1)
    channel.send(7)
    assert channel.try_recv() == 7
    channel.send(8)
    assert channel.recv() == 8
    assert is_empty(channel)
    assert_times_out(channel.recv)


def test_array_capacity() -> None:
    assert [Channel(n).capacity for n in range(1, 10)] == list(range(1, 10))


def test_array_len_empty_full() -> None:
    channel: Channel[int] = Channel(2)
    assert len(channel) == 0
    assert is_empty(channel)
    assert channel.try_send(1)
    assert len(channel) == 1
    assert channel.try_send(2)
    assert not channel.try_send(3)
    assert len(channel) == channel.capacity == 2
    assert channel.recv() == 1
    assert len(channel) == 1


def test_array_try_recv() -> None:
    scenarios.try_recv_sees_each_state(Channel(100))


def test_array_recv() -> None:
    scenarios.recv_in_order_until_closed(Channel(100))


def test_array_recv_timeout() -> None:
    scenarios.recv_timeout_sees_each_state(Channel(100))


def test_array_try_send() -> None:
    channel: Channel[int] = Channel(1)
    refused: Channel[None] = Channel(1)

    def sender() -> None:
        assert channel.try_send(1)
        assert not channel.try_send(2)
        refused.send(None)
        until_receivers(channel)
        assert channel.try_send(3)
        until_closed(channel)
        assert_closed(channel.try_send, 4)

    def receiver() -> None:
        refused.recv()
        assert channel.try_recv() == 1
        assert is_empty(channel)
        assert channel.recv() == 3
        channel.close()

    with scope() as spawn:
        spawn(sender)
        spawn(receiver)


def test_array_send() -> None:
    channel: Channel[int] = Channel(1)

    def sender() -> None:
        for value in (7, 8, 9, 10):
            channel.send(value)

    with scope() as spawn:
        spawn(sender)
        until_senders(channel)
        assert [channel.recv() for _ in range(3)] == [7, 8, 9]
    assert channel.recv() == 10


def test_array_send_timeout() -> None:
    channel: Channel[int] = Channel(2)
    gave_up: Channel[None] = Channel(1)

    def sender() -> None:
        channel.send(1, timeout=LIMIT)
        channel.send(2, timeout=LIMIT)
        assert_times_out(channel.send, 3)
        gave_up.send(None)
        channel.send(4, timeout=LIMIT)
        until_closed(channel)
        assert_closed(channel.send, 5)

    def receiver() -> None:
        gave_up.recv()
        assert [channel.recv() for _ in range(3)] == [1, 2, 4]
        channel.close()

    with scope() as spawn:
        spawn(sender)
        spawn(receiver)


def test_array_send_after_disconnect() -> None:
    scenarios.send_after_close(Channel(100))


def test_array_recv_after_disconnect() -> None:
    scenarios.recv_after_close(Channel(100))


def test_array_disconnect_wakes_sender() -> None:
    channel: Channel[None] = Channel(1)
    channel.send(None)
    scenarios.close_wakes_sender(channel)


def test_array_disconnect_wakes_receiver() -> None:
    scenarios.close_wakes_receiver(Channel(1))


def test_array_recv_in_send() -> None:
    """The value of a send case is made before the select starts, so it may even make its room."""
    full: Channel[None] = Channel(1)
    full.send(None)
    assert try_select(send(full, None)) is None

    channel: Channel[str] = Channel(1)
    channel.send("first")
    assert select(send(channel, channel.recv() + " again")).index == 0
    assert channel.recv() == "first again"


class _Faulty:
    """Raises at its end, as a destructor must not but may."""

    def __init__(self, ends: list[None]) -> None:
        self._ends = ends

    def __del__(self) -> None:
        self._ends.append(None)
        raise RuntimeError("raised by a destructor")


def test_array_panic_on_drop() -> None:
    """Every queued message ends exactly once with its channel."""
    ends: list[None] = []
    channel: Channel[Message] = Channel(2)
    channel.send(Message(ends))
    channel.send(Message(ends))
    assert ends == []
    del channel
    until(lambda: len(ends) == 2)


def test_array_panic_on_drop_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """A destructor that raises is reported; the next message ends all the same (Rust leaks it)."""
    reported: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: reported.append(str(args.exc_value)))
    ends: list[None] = []
    channel: Channel[_Faulty] = Channel(2)
    channel.send(_Faulty(ends))
    channel.send(_Faulty(ends))
    del channel
    until(lambda: len(ends) == 2)
    assert reported == ["raised by a destructor"] * 2


def test_array_drop_unreceived() -> None:
    """What nobody received goes when the channel goes."""
    ends: list[None] = []
    message = Message(ends)
    watch = weakref.ref(message)
    channel: Channel[Message] = Channel(1)
    channel.send(message)
    del message
    assert watch() is not None
    del channel
    until(lambda: watch() is None)
    assert len(ends) == 1
