"""Select, step by step: bodies that crossbeam-channel repeats for select!, select and ready."""

from __future__ import annotations

from crossbeam_choosers import Chooser
from crossbeam_helpers import (
    LIMIT,
    assert_closed,
    assert_times_out,
    is_empty,
    scope,
    until_receivers,
    until_senders,
)
from heartbeat import Channel, now, recv, send

CLOSED_FIRST = (0, None, False)


def smoke1(chooser: Chooser) -> None:
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)
    first.send(1)
    assert chooser.select(first, second) == (0, 1, True)
    second.send(2)
    assert chooser.select(first, second) == (1, 2, True)


def smoke2(chooser: Chooser) -> None:
    channels: list[Channel[int]] = [Channel(None) for _ in range(5)]
    channels[4].send(5)
    assert chooser.select(*channels) == (4, 5, True)


def disconnected(chooser: Chooser) -> None:
    """A close wakes the select, and the closed channel stays ready."""
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)
    noticed: Channel[None] = Channel(1)

    def peer() -> None:
        until_receivers(second)
        first.close()
        noticed.recv()
        second.send(5)
        until_receivers(second)
        second.close()

    with scope() as spawn:
        spawn(peer)
        assert chooser.select(first, second, timeout=LIMIT) == CLOSED_FIRST
        noticed.send(None)
        assert second.recv() == 5
        assert chooser.select(first, recv(second), timeout=LIMIT) == CLOSED_FIRST
        assert chooser.select(second, timeout=LIMIT) == CLOSED_FIRST


def default(chooser: Chooser) -> None:
    """A poll sees emptiness, a close, a value; and with no case there is nothing to see."""
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)
    assert chooser.try_select(first, second) is None
    first.close()
    assert chooser.try_select(first, second) == CLOSED_FIRST
    second.send(2)
    assert chooser.try_select(second) == (0, 2, True)
    assert chooser.try_select(second) is None
    assert chooser.try_select() is None


def timeout(chooser: Chooser) -> None:
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)
    gave_up: Channel[None] = Channel(1)

    def peer() -> None:
        gave_up.recv()
        second.send(2)

    with scope() as spawn:
        spawn(peer)
        assert_times_out(chooser.select, first, second)
        gave_up.send(None)
        assert chooser.select(first, second, timeout=LIMIT) == (1, 2, True)


def timeout_without_cases(chooser: Chooser) -> None:
    """With no case only the timeout ends the wait; what happened meanwhile is seen afterwards."""
    channel: Channel[int] = Channel(None)
    with scope() as spawn:
        spawn(channel.close)
        assert_times_out(chooser.select)
    assert chooser.try_select(channel) == CLOSED_FIRST


def default_when_disconnected(chooser: Chooser) -> None:
    """A closed channel counts as ready, so neither a poll nor a timed wait passes it over."""
    channel: Channel[int] = Channel(0)
    channel.close()
    assert chooser.try_select(channel) == CLOSED_FIRST
    assert chooser.select(channel, timeout=LIMIT) == CLOSED_FIRST
    assert_closed(chooser.try_select, send(channel, 0))
    assert_closed(chooser.select, send(channel, 0), timeout=LIMIT)


def default_only(chooser: Chooser) -> None:
    start = now()
    assert chooser.try_select() is None
    assert now() - start < 5
    assert_times_out(chooser.select, timeout=0.2)
    assert now() - start < 10


def unblocks(chooser: Chooser) -> None:
    """A peer that comes later completes the select, on the side it came to."""
    first: Channel[int] = Channel(0)
    second: Channel[int] = Channel(0)

    def sender() -> None:
        until_receivers(second)
        second.send(2)

    def receiver() -> int:
        until_senders(first)
        return first.recv()

    with scope() as spawn:
        spawn(sender)
        assert chooser.select(first, second, timeout=LIMIT) == (1, 2, True)
    with scope() as spawn:
        received = spawn(receiver)
        sends = send(first, 1), send(second, 2)
        assert chooser.select(*sends, timeout=LIMIT) == (0, None, True)
    assert received.result() == 1


def both_ready(chooser: Chooser) -> None:
    """The same two cases again: first the receive happens, then the send."""
    first: Channel[int] = Channel(0)
    second: Channel[int] = Channel(0)

    def peer() -> int:
        until_receivers(first)
        first.send(1)
        return second.recv()

    with scope() as spawn:
        received = spawn(peer)
        assert chooser.select(first, send(second, 2)) == (0, 1, True)
        assert chooser.select(first, send(second, 2)) == (1, None, True)
    assert received.result() == 2


def loop_try(chooser: Chooser) -> None:
    """Two peers poll without ever waiting; a waiting select meets exactly one of them."""
    first: Channel[int] = Channel(0)
    second: Channel[int] = Channel(0)
    end: Channel[None] = Channel(0)

    def polling_sender() -> bool:
        while chooser.try_select(end) is None:
            if chooser.try_select(send(first, 1)) is not None:
                return True
        return False

    def polling_receiver() -> bool:
        while chooser.try_select(end) is None:
            if not is_empty(second):
                return True
        return False

    with scope() as spawn:
        peers = [spawn(polling_sender), spawn(polling_receiver)]
        chosen = chooser.select(first, send(second, 2), timeout=LIMIT)
        end.close()
    assert tuple(chosen) in [(0, 1, True), (1, None, True)]
    assert [peer.result() for peer in peers] == [chosen.case == 0, chosen.case == 1]


def cloning1(chooser: Chooser) -> None:
    """Another name for a channel may go while a select waits on the channel."""
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)
    turns: Channel[None] = Channel(None)

    def peer() -> None:
        turns.recv()
        names = [first]
        until_receivers(first)
        names.clear()
        assert is_empty(turns)
        first.send(1)
        turns.recv()

    with scope() as spawn:
        spawn(peer)
        turns.send(None)
        assert chooser.select(first, second) == (0, 1, True)
        turns.send(None)


def cloning2(chooser: Chooser) -> None:
    """The same from the other side: the waiting thread is the other one."""
    first: Channel[None] = Channel(None)
    second: Channel[None] = Channel(None)
    with scope() as spawn:
        task = spawn(chooser.select, first, second)
        until_receivers(first)
        until_receivers(second)
        names = [first]
        names.clear()
        second.send(None)
    assert task.result() == (1, None, True)


def preflight1(chooser: Chooser) -> None:
    channel: Channel[None] = Channel(None)
    channel.send(None)
    assert chooser.select(channel) == (0, None, True)


def preflight2(chooser: Chooser) -> None:
    """What was queued before the close comes first."""
    channel: Channel[str] = Channel(None)
    channel.send("left over")
    channel.close()
    assert chooser.select(channel) == (0, "left over", True)
    assert_closed(channel.try_recv)


def preflight3(chooser: Chooser) -> None:
    channel: Channel[None] = Channel(None)
    channel.send(None)
    channel.close()
    channel.recv()
    assert chooser.select(channel) == CLOSED_FIRST


def duplicate_operations(chooser: Chooser) -> None:
    """The same operation may stand in several cases, and each of them gets its turn."""
    channel: Channel[int] = Channel(None)
    hit: set[int] = set()
    balance = 0
    while len(hit) < 4:
        chosen = chooser.select(channel, channel, send(channel, 0), send(channel, 0))
        hit.add(chosen.case)
        balance += 1 if chosen.case >= 2 else -1
        assert len(channel) == balance


def nesting(chooser: Chooser) -> None:
    """One select after another in the branch of the one before."""
    channel: Channel[int] = Channel(None)
    for value in range(2):
        assert chooser.select(send(channel, value)) == (0, None, True)
        assert chooser.select(channel) == (0, value, True)
    assert is_empty(channel)


def send_recv_same_channel(chooser: Chooser) -> None:
    """A select never pairs with itself; where the send has room it needs no partner."""
    channel: Channel[int] = Channel(0)
    assert_times_out(chooser.select, send(channel, 0), channel)
    roomy: Channel[int] = Channel(None)
    assert chooser.select(send(roomy, 0), roomy, timeout=LIMIT) == (0, None, True)
    assert roomy.recv() == 0
