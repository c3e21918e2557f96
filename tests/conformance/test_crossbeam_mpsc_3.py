"""crossbeam-channel tests/mpsc.rs, channel_tests and sync_channel_tests: closing races and load."""

from __future__ import annotations

from typing import Any

import pytest

from crossbeam_helpers import (
    LIMIT,
    assert_closed,
    assert_times_out,
    drain_until_closed,
    is_empty,
    scope,
)
from heartbeat import Channel, Closed, Task, go, sleep

both = pytest.mark.parametrize("capacity", [None, 0], ids=["channel", "sync_channel"])
ROUNDS = 50


def _send_until_closed(channel: Channel[int]) -> int:
    sent = 0
    try:
        while True:
            channel.send(1)
            sent += 1
    except Closed:
        return sent


def _recv_one_and_close(channel: Channel[int]) -> None:
    assert channel.recv() == 1
    channel.close()


@both
@pytest.mark.parametrize("senders", [1, 2], ids=["alone", "shared"])
def test_mpsc_port_gone_concurrent(capacity: int | None, senders: int) -> None:
    """The receiver leaves after one value; every further value is refused or still queued."""
    channel: Channel[int] = Channel(capacity)
    with scope() as spawn:
        tasks = [spawn(_send_until_closed, channel) for _ in range(senders)]
        spawn(_recv_one_and_close, channel)
    sent = sum(task.result() for task in tasks)
    assert sent == 1 + len(channel)


@both
def test_mpsc_chan_gone_concurrent(capacity: int | None) -> None:
    """The sender leaves after two values; both arrive."""
    channel: Channel[int] = Channel(capacity)

    def sender() -> None:
        channel.send(1)
        channel.send(1)
        channel.close()

    with scope() as spawn:
        spawn(sender)
        assert list(channel) == [1, 1]


@both
def test_mpsc_stress(capacity: int | None) -> None:
    channel: Channel[int] = Channel(capacity)

    def sender() -> None:
        for value in range(4000):
            channel.send(value)

    with scope() as spawn:
        spawn(sender)
        assert [channel.recv() for _ in range(4000)] == list(range(4000))
    assert is_empty(channel)


def _senders_then_close(channel: Channel[int], threads: int, amount: int) -> None:
    """Send from many threads and close when the last is done."""

    def sender() -> None:
        for _ in range(amount):
            channel.send(1)

    with scope() as spawn:
        for _ in range(threads):
            spawn(sender)
    channel.close()


@both
def test_mpsc_stress_shared(capacity: int | None) -> None:
    channel: Channel[int] = Channel(capacity)
    with scope() as spawn:
        spawn(_senders_then_close, channel, 8, 500)
        assert sum(channel) == 8 * 500


@both
def test_mpsc_oneshot_multi_thread_close_stress(capacity: int | None) -> None:
    """Two threads close one channel; exactly one of them did it."""
    for _ in range(ROUNDS):
        channel: Channel[int] = Channel(capacity)
        with scope() as spawn:
            tasks = [spawn(channel.close) for _ in range(2)]
        assert sorted(task.result() for task in tasks) == [False, True]


def _send_or_not(channel: Channel[int]) -> int:
    try:
        channel.send(1)
    except Closed:
        return 0
    return 1


@both
def test_mpsc_oneshot_multi_thread_send_close_stress(capacity: int | None) -> None:
    """A send against a close: either refused, or in the channel."""
    for _ in range(ROUNDS):
        channel: Channel[int] = Channel(capacity)
        with scope() as spawn:
            sent = spawn(_send_or_not, channel)
            spawn(channel.close)
        assert list(channel) == [1] * sent.result()


def _close_by_another(channel: Channel[int]) -> bool:
    return go(channel.close).result(LIMIT)


@both
def test_mpsc_oneshot_multi_thread_recv_close_stress(capacity: int | None) -> None:
    """The close comes from a thread that a thread started."""
    for _ in range(ROUNDS):
        channel: Channel[int] = Channel(capacity)
        with scope() as spawn:
            spawn(assert_closed, channel.recv)
            closed = spawn(_close_by_another, channel)
        assert closed.result()


@both
def test_mpsc_oneshot_multi_thread_send_recv_stress(capacity: int | None) -> None:
    for value in range(ROUNDS):
        channel: Channel[int] = Channel(capacity)
        with scope() as spawn:
            spawn(channel.send, value)
            assert channel.recv() == value


@both
def test_mpsc_stream_send_recv_stress(capacity: int | None) -> None:
    """Each message is sent and received by new threads, started by those of the message before."""
    last = 10

    def send(channel: Channel[int], value: int) -> Task[Any] | None:
        channel.send(value)
        return go(send, channel, value + 1) if value < last else None

    def receive(channel: Channel[int], value: int) -> Task[Any] | None:
        assert channel.recv() == value
        return go(receive, channel, value + 1) if value < last else None

    for _ in range(5):
        channel: Channel[int] = Channel(capacity)
        for task in [go(send, channel, 0), go(receive, channel, 0)]:
            following: Task[Any] | None = task
            while following is not None:
                following = following.result(LIMIT)
        assert is_empty(channel)


def _count_with_timeouts(channel: Channel[int], timeout: float) -> int:
    """Receive until the close, however often the timeout runs out in between."""
    count = 0
    while True:
        try:
            count += channel.recv(timeout=timeout)
        except TimeoutError:
            continue
        except Closed:
            return count


@both
def test_mpsc_stress_recv_timeout_two_threads(capacity: int | None) -> None:
    """Every other message lets the receiver run into its timeout; all of them arrive."""
    channel: Channel[int] = Channel(capacity)

    def sender() -> None:
        for index in range(40):
            if index % 2 == 0:
                sleep(0.01)
            channel.send(1)
        channel.close()

    with scope() as spawn:
        spawn(sender)
        assert _count_with_timeouts(channel, 0.005) == 40


@both
def test_mpsc_stress_recv_timeout_shared(capacity: int | None) -> None:
    channel: Channel[int] = Channel(capacity)
    with scope() as spawn:
        spawn(_senders_then_close, channel, 8, 250)
        assert _count_with_timeouts(channel, 0.001) == 8 * 250


@pytest.mark.parametrize("capacity", [None, 10_000], ids=["channel", "sync_channel"])
def test_mpsc_recv_a_lot(capacity: int | None) -> None:
    """Depth costs no stack."""
    channel: Channel[int] = Channel(capacity)
    for value in range(10_000):
        channel.send(value)
    channel.close()
    assert list(drain_until_closed(channel)) == list(range(10_000))


def test_mpsc_shared_recv_timeout() -> None:
    """After many senders were served, the timeout works as before."""
    channel: Channel[None] = Channel(None)
    with scope() as spawn:
        for _ in range(5):
            spawn(channel.send, None)
        for _ in range(5):
            channel.recv()
        assert_times_out(channel.recv, timeout=0.001)
        channel.send(None)
        assert channel.recv(timeout=0.001) is None


@both
def test_mpsc_shared_chan_stress(capacity: int | None) -> None:
    """A hundred threads, one message each."""
    channel: Channel[int] = Channel(capacity)
    with scope() as spawn:
        for value in range(100):
            spawn(channel.send, value)
        received = [channel.recv() for _ in range(100)]
    assert sorted(received) == list(range(100))


def _echo(there: Channel[None], back: Channel[None]) -> None:
    there.recv()
    assert back.try_send(None)


def test_mpsc_issue_15761() -> None:
    """Polls that must succeed: there is room, and the peer has just made the value."""
    for _ in range(100):
        there: Channel[None] = Channel(3)
        back: Channel[None] = Channel(3)
        with scope() as spawn:
            spawn(_echo, there, back)
            assert there.try_send(None)
            back.recv()
