"""crossbeam-channel tests/mpsc.rs, select_tests: select over plain receivers."""

from __future__ import annotations

import pytest

from crossbeam_helpers import assert_closed, is_empty, scope, until_receivers
from heartbeat import Channel, select

CLOSED_FIRST = (0, None, False)


def test_mpsc_select_smoke() -> None:
    """A value on either channel, then the close of either."""
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)
    first.send(1)
    assert select(first, second) == (0, 1, True)
    second.send(2)
    assert select(first, second) == (1, 2, True)
    first.close()
    assert select(first, second) == CLOSED_FIRST
    second.close()
    assert select(second) == CLOSED_FIRST


def test_mpsc_select_closed() -> None:
    """An idle channel does not hide that another one is closed."""
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)
    second.close()
    assert select(first, second) == (1, None, False)


def test_mpsc_select_unblocks() -> None:
    """First a value, later a close: each wakes a select that waits."""
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)
    go_on: Channel[None] = Channel(None)

    def peer() -> None:
        until_receivers(first)
        first.send(1)
        go_on.recv()
        until_receivers(first)
        first.close()

    with scope() as spawn:
        spawn(peer)
        assert select(first, second) == (0, 1, True)
        go_on.send(None)
        assert select(first, second) == CLOSED_FIRST


def test_mpsc_select_both_ready() -> None:
    """Two values, one on each channel, take two selects, in whatever order."""
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)

    def peer() -> None:
        until_receivers(first)
        first.send(1)
        second.send(2)

    with scope() as spawn:
        spawn(peer)
        chosen = {select(first, second)[:2] for _ in range(2)}
    assert chosen == {(0, 1), (1, 2)}
    assert is_empty(first)
    assert is_empty(second)


def test_mpsc_select_stress() -> None:
    """Values alternate between the channels, and so does the select."""
    channels: list[Channel[int]] = [Channel(None), Channel(None)]
    turns: Channel[None] = Channel(None)
    count = 3000

    def sender() -> None:
        for value in range(count):
            channels[value % 2].send(value)
            turns.recv()

    with scope() as spawn:
        spawn(sender)
        for value in range(count):
            assert select(*channels) == (value % 2, value, True)
            turns.send(None)


@pytest.mark.parametrize("queued", [1, 2], ids=["preflight1", "preflight2"])
def test_mpsc_select_preflight_data(queued: int) -> None:
    """A select takes exactly one of the values that were there before it."""
    channel: Channel[int] = Channel(None)
    for value in range(queued):
        channel.send(value)
    assert select(channel) == (0, 0, True)
    assert len(channel) == queued - 1


@pytest.mark.parametrize("queued", [0, 1], ids=["preflight7", "preflight8"])
def test_mpsc_select_preflight_closed(queued: int) -> None:
    """A channel that was closed and emptied before the select is ready at once."""
    channel: Channel[int] = Channel(None)
    for value in range(queued):
        channel.send(value)
    channel.close()
    for value in range(queued):
        assert channel.recv() == value
    assert select(channel) == CLOSED_FIRST
    assert_closed(channel.recv)


@pytest.mark.parametrize("before", [0, 2], ids=["oneshot", "stream"])
def test_mpsc_select_data_waiting(before: int) -> None:
    """A select that waits is woken on a channel that is fresh, or that was used before."""
    channel: Channel[int] = Channel(None)
    done: Channel[int | None] = Channel(None)
    for value in range(before):
        channel.send(value)
    for value in range(before):
        assert channel.recv() == value

    def waiter() -> None:
        done.send(select(channel).value)

    with scope() as spawn:
        spawn(waiter)
        until_receivers(channel)
        channel.send(7)
        assert done.recv() == 7


def test_mpsc_select_sync1() -> None:
    channel: Channel[int] = Channel(1)
    channel.send(1)
    assert select(channel) == (0, 1, True)


def test_mpsc_select_sync2() -> None:
    channel: Channel[int] = Channel(0)

    def sender() -> None:
        until_receivers(channel)
        channel.send(1)

    with scope() as spawn:
        spawn(sender)
        assert select(channel) == (0, 1, True)


def test_mpsc_select_sync3() -> None:
    """A rendezvous and an unbounded channel side by side: one now, the other one next."""
    channels: list[Channel[int]] = [Channel(0), Channel(None)]
    with scope() as spawn:
        spawn(channels[0].send, 1)
        spawn(channels[1].send, 2)
        chosen = select(*channels)
        assert chosen.value == chosen.index + 1
        other = 1 - chosen.index
        assert channels[other].recv() == other + 1
