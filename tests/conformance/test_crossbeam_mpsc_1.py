"""crossbeam-channel tests/mpsc.rs, channel_tests and sync_channel_tests: one message.

A case that stands in both original modules is one test here, with a parameter for the channel.
"""

from __future__ import annotations

import pytest

from crossbeam_helpers import (
    EMPTY,
    Message,
    assert_closed,
    assert_times_out,
    scope,
    until,
    until_receivers,
)
from heartbeat import Channel

both = pytest.mark.parametrize("capacity", [None, 0], ids=["channel", "sync_channel"])
queued = pytest.mark.parametrize("capacity", [None, 1], ids=["channel", "sync_channel"])


@queued
def test_mpsc_drop_full(capacity: int | None) -> None:
    """A channel that goes with a message in it takes the message along."""
    ends: list[None] = []
    channel: Channel[Message] = Channel(capacity)
    channel.send(Message(ends))
    assert ends == []
    del channel
    until(lambda: len(ends) == 1)


@both
def test_mpsc_smoke_threads(capacity: int | None) -> None:
    channel: Channel[int] = Channel(capacity)
    with scope() as spawn:
        spawn(channel.send, 1)
        assert channel.recv() == 1


@both
def test_mpsc_smoke_chan_gone(capacity: int | None) -> None:
    channel: Channel[int] = Channel(capacity)
    channel.close()
    assert_closed(channel.recv)


@both
def test_mpsc_oneshot_single_thread_close_port_first(capacity: int | None) -> None:
    """Closing what was never used; the second close knows that it was not the first."""
    channel: Channel[int] = Channel(capacity)
    assert not channel.closed
    assert channel.close() is True
    assert channel.close() is False
    assert channel.closed


@both
def test_mpsc_oneshot_single_thread_send_port_close(capacity: int | None) -> None:
    """The refused payload is not kept."""
    ends: list[None] = []
    channel: Channel[Message] = Channel(capacity)
    channel.close()
    assert_closed(channel.send, Message(ends))
    until(lambda: len(ends) == 1)
    assert_closed(channel.try_send, Message(ends))
    until(lambda: len(ends) == 2)


@queued
def test_mpsc_oneshot_single_thread_send_then_recv(capacity: int | None) -> None:
    """The very object comes out."""
    channel: Channel[object] = Channel(capacity)
    message = object()
    channel.send(message)
    assert channel.recv() is message


@queued
def test_mpsc_oneshot_single_thread_peek_data(capacity: int | None) -> None:
    channel: Channel[int] = Channel(capacity)
    assert channel.try_recv(EMPTY) is EMPTY
    channel.send(10)
    assert channel.try_recv(EMPTY) == 10


@both
def test_mpsc_oneshot_single_thread_peek_close(capacity: int | None) -> None:
    """Looking does not use the close up."""
    channel: Channel[int] = Channel(capacity)
    channel.close()
    assert_closed(channel.try_recv)
    assert_closed(channel.try_recv)


def test_mpsc_oneshot_single_thread_try_recv_closed_with_data() -> None:
    channel: Channel[int] = Channel(1)
    channel.send(10)
    channel.close()
    assert channel.try_recv() == 10
    assert_closed(channel.try_recv)


@queued
def test_mpsc_oneshot_single_thread_recv_timeout(capacity: int | None) -> None:
    channel: Channel[None] = Channel(capacity)
    channel.send(None)
    assert channel.recv(timeout=0.001) is None
    assert_times_out(channel.recv, timeout=0.001)
    channel.send(None)
    assert channel.recv(timeout=0.001) is None


@both
def test_mpsc_oneshot_multi_task_recv_then_send(capacity: int | None) -> None:
    channel: Channel[int] = Channel(capacity)
    with scope() as spawn:
        received = spawn(channel.recv)
        until_receivers(channel)
        channel.send(10)
    assert received.result() == 10


@both
def test_mpsc_oneshot_multi_task_recv_then_close(capacity: int | None) -> None:
    channel: Channel[int] = Channel(capacity)
    with scope() as spawn:
        spawn(assert_closed, channel.recv)
        spawn(channel.close)


@both
def test_mpsc_recv_timeout_upgrade(capacity: int | None) -> None:
    """Another handle to the channel changes nothing about the timeout."""
    channel: Channel[None] = Channel(capacity)
    another = channel
    assert_times_out(another.recv, timeout=0.001)
    assert_times_out(channel.recv, timeout=0.001)
