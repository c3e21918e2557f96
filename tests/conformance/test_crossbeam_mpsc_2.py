"""crossbeam-channel tests/mpsc.rs, channel_tests and sync_channel_tests: threads that meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from crossbeam_helpers import (
    LIMIT,
    assert_closed,
    is_empty,
    scope,
    until_receivers,
    until_senders,
)
from heartbeat import Channel


def _foreign(function: Callable[[], Any]) -> threading.Thread:
    """A thread the engine knows nothing of."""
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def _join(thread: threading.Thread) -> None:
    thread.join(LIMIT)
    assert not thread.is_alive()


def test_mpsc_send_from_outside_runtime() -> None:
    """A thread the engine did not start sends to one that it did."""
    channel: Channel[int] = Channel(None)

    def send_all() -> None:
        for value in range(40):
            channel.send(value)

    def receive_all() -> list[int]:
        return [channel.recv() for _ in range(40)]

    with scope() as spawn:
        received = spawn(receive_all)
        until_receivers(channel)
        thread = _foreign(send_all)
    _join(thread)
    assert received.result() == list(range(40))


def test_mpsc_recv_from_outside_runtime() -> None:
    channel: Channel[int] = Channel(None)
    received: list[int] = []
    thread = _foreign(lambda: received.extend(channel))
    for value in range(40):
        channel.send(value)
    channel.close()
    _join(thread)
    assert received == list(range(40))


def test_mpsc_no_runtime() -> None:
    """Both threads are ordinary Python threads."""
    question: Channel[int] = Channel(None)
    answer: Channel[int] = Channel(None)
    received: list[int] = []

    def ask() -> None:
        question.send(1)
        received.append(answer.recv())

    for thread in [_foreign(lambda: answer.send(question.recv() + 1)), _foreign(ask)]:
        _join(thread)
    assert received == [2]


@pytest.mark.parametrize("capacity", [None, 1], ids=["channel", "sync_channel"])
def test_mpsc_try_recv_states(capacity: int | None) -> None:
    """Empty, a value, empty again, closed, each after a handshake."""
    channel: Channel[int] = Channel(capacity)
    go_on: Channel[None] = Channel(capacity)
    done: Channel[None] = Channel(capacity)

    def peer() -> None:
        go_on.recv()
        channel.send(1)
        done.send(None)
        go_on.recv()
        channel.close()
        done.send(None)

    with scope() as spawn:
        spawn(peer)
        assert is_empty(channel)
        go_on.send(None)
        done.recv()
        assert channel.try_recv() == 1
        assert is_empty(channel)
        go_on.send(None)
        done.recv()
        assert_closed(channel.try_recv)


@pytest.mark.parametrize("capacity", [None, 0], ids=["channel", "sync_channel"])
def test_mpsc_destroy_upgraded_shared_port_when_sender_still_active(capacity: int | None) -> None:
    """The receiver is woken, drops the channel, and the sender's own reference stays good."""
    holder: list[Channel[None]] = [Channel(capacity)]
    done: Channel[None] = Channel(capacity)
    channel = holder[0]

    def receiver() -> None:
        holder[0].recv()
        holder.clear()
        done.send(None)

    with scope() as spawn:
        spawn(receiver)
        until_receivers(channel)
        channel.send(None)
        done.recv()
    assert holder == []
    assert is_empty(channel)


def test_mpsc_issue_32114() -> None:
    """A send that failed once fails again, for the same reason."""
    channel: Channel[int] = Channel(None)
    channel.close()
    assert_closed(channel.send, 123)
    assert_closed(channel.send, 123)


def test_mpsc_send1() -> None:
    channel: Channel[int] = Channel(0)
    with scope() as spawn:
        received = spawn(channel.recv)
        channel.send(1)
    assert received.result() == 1


@pytest.mark.parametrize("capacity", [0, 1], ids=["send2", "send3"])
def test_mpsc_send_meets_close(capacity: int) -> None:
    """A send that has no room is refused when the close comes, whether it waits by then or not."""
    channel: Channel[int] = Channel(capacity)
    for value in range(capacity):
        channel.send(value)
    with scope() as spawn:
        spawn(channel.close)
        assert_closed(channel.send, 1)
    assert list(channel) == list(range(capacity))


def test_mpsc_send4() -> None:
    """One close refuses both waiting senders."""
    channel: Channel[int] = Channel(0)
    with scope() as spawn:
        spawn(assert_closed, channel.send, 1)
        spawn(assert_closed, channel.send, 2)
        until_senders(channel, 2)
        channel.close()


def test_mpsc_try_send1() -> None:
    channel: Channel[int] = Channel(0)
    assert channel.try_send(1) is False


def test_mpsc_try_send2() -> None:
    channel: Channel[int] = Channel(1)
    assert channel.try_send(1) is True
    assert channel.try_send(1) is False


def test_mpsc_try_send3() -> None:
    """Closed matters more than full."""
    channel: Channel[int] = Channel(1)
    assert channel.try_send(1) is True
    channel.close()
    assert_closed(channel.try_send, 1)


def test_mpsc_nested_recv_iter() -> None:
    """Iteration over a rendezvous channel keeps every value, to the last one before the close."""
    channel: Channel[int] = Channel(0)
    total: Channel[int] = Channel(0)

    def add_up() -> None:
        total.send(sum(channel))

    with scope() as spawn:
        spawn(add_up)
        for value in (3, 1, 2):
            channel.send(value)
        channel.close()
        assert total.recv() == 6


def test_mpsc_recv_iter_break() -> None:
    """Who has left the loop receives no more."""
    channel: Channel[int] = Channel(0)

    def add_some() -> int:
        count = 0
        for value in channel:
            if count >= 3:
                break
            count += value
        return count

    with scope() as spawn:
        task = spawn(add_some)
        for _ in range(3):
            channel.send(2)
        assert not channel.try_send(2)
    assert task.result() == 4
