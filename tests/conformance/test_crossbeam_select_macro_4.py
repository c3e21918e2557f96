"""crossbeam-channel tests/select_macro.rs: single operations as a select of one case."""

from __future__ import annotations

from crossbeam_helpers import (
    LIMIT,
    assert_closed,
    assert_times_out,
    scope,
    until_closed,
    until_receivers,
    until_senders,
)
from heartbeat import Channel, select, send, try_select

CLOSED = (0, None, False)


def test_select_macro_try_recv() -> None:
    channel: Channel[int] = Channel(0)
    polled: Channel[None] = Channel(1)

    def receiver() -> None:
        assert try_select(channel) is None
        polled.send(None)
        until_senders(channel)
        assert try_select(channel) == (0, 7, True)
        until_closed(channel)
        assert try_select(channel) == CLOSED

    def sender() -> None:
        polled.recv()
        select(send(channel, 7))
        channel.close()

    with scope() as spawn:
        spawn(receiver)
        spawn(sender)


def test_select_macro_recv() -> None:
    channel: Channel[int] = Channel(0)

    def receiver() -> None:
        assert select(channel).value == 7
        until_senders(channel)
        assert select(channel).value == 8
        assert select(channel).value == 9
        assert select(channel) == CLOSED

    def sender() -> None:
        until_receivers(channel)
        for value in (7, 8, 9):
            select(send(channel, value))
        channel.close()

    with scope() as spawn:
        spawn(receiver)
        spawn(sender)


def test_select_macro_recv_timeout() -> None:
    channel: Channel[int] = Channel(0)
    gave_up: Channel[None] = Channel(1)

    def receiver() -> None:
        assert_times_out(select, channel)
        gave_up.send(None)
        assert select(channel, timeout=LIMIT) == (0, 7, True)
        assert select(channel, timeout=LIMIT) == CLOSED

    def sender() -> None:
        gave_up.recv()
        select(send(channel, 7))
        channel.close()

    with scope() as spawn:
        spawn(receiver)
        spawn(sender)


def test_select_macro_try_send() -> None:
    channel: Channel[int] = Channel(0)
    refused: Channel[None] = Channel(1)

    def sender() -> None:
        assert try_select(send(channel, 7)) is None
        refused.send(None)
        until_receivers(channel)
        assert try_select(send(channel, 8)) == (0, None, True)
        until_closed(channel)
        assert_closed(try_select, send(channel, 8))

    def receiver() -> None:
        refused.recv()
        assert select(channel) == (0, 8, True)
        channel.close()

    with scope() as spawn:
        spawn(sender)
        spawn(receiver)


def test_select_macro_send() -> None:
    channel: Channel[int] = Channel(0)

    def sender() -> None:
        for value in (7, 8, 9):
            assert select(send(channel, value)) == (0, None, True)

    with scope() as spawn:
        spawn(sender)
        until_senders(channel)
        assert [select(channel).value for _ in range(3)] == [7, 8, 9]


def test_select_macro_send_timeout() -> None:
    """The value of the select that gave up is never seen."""
    channel: Channel[int] = Channel(0)
    gave_up: Channel[None] = Channel(1)

    def sender() -> None:
        assert_times_out(select, send(channel, 7))
        gave_up.send(None)
        assert select(send(channel, 8), timeout=LIMIT).ok
        assert_closed(select, send(channel, 9), timeout=LIMIT)

    def receiver() -> None:
        gave_up.recv()
        assert select(channel).value == 8
        channel.close()

    with scope() as spawn:
        spawn(sender)
        spawn(receiver)


def test_select_macro_disconnect_wakes_sender() -> None:
    channel: Channel[None] = Channel(0)
    with scope() as spawn:
        spawn(assert_closed, select, send(channel, None))
        until_senders(channel)
        assert channel.close()


def test_select_macro_disconnect_wakes_receiver() -> None:
    channel: Channel[None] = Channel(0)
    with scope() as spawn:
        task = spawn(select, channel)
        until_receivers(channel)
        assert channel.close()
    assert task.result() == CLOSED
