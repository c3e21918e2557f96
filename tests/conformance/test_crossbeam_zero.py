"""crossbeam-channel tests/zero.rs: rendezvous channels."""

from __future__ import annotations

from random import Random
from typing import Any

import crossbeam_scenarios as scenarios
import crossbeam_stress as stress
from crossbeam_helpers import (
    LIMIT,
    assert_closed,
    assert_fair,
    assert_times_out,
    is_empty,
    scope,
    until_closed,
    until_receivers,
    until_senders,
)
from heartbeat import Channel, select, send


def test_zero_smoke() -> None:
    channel: Channel[int] = Channel(0)
    assert not channel.try_send(7)
    assert is_empty(channel)


def test_zero_capacity() -> None:
    assert Channel(0).capacity == 0
    assert Channel().capacity == 0


def test_zero_len_empty_full() -> None:
    """Empty and full at once, before and after a value went through."""
    channel: Channel[int] = Channel(0)
    assert len(channel) == 0
    with scope() as spawn:
        spawn(channel.send, 0)
        received = spawn(channel.recv)
    assert received.result() == 0
    assert len(channel) == 0
    assert is_empty(channel)
    assert not channel.try_send(0)


def test_zero_try_recv() -> None:
    scenarios.try_recv_sees_each_state(Channel(0))


def test_zero_recv() -> None:
    scenarios.recv_in_order_until_closed(Channel(0))


def test_zero_recv_timeout() -> None:
    scenarios.recv_timeout_sees_each_state(Channel(0))


def test_zero_try_send() -> None:
    """Refused while nobody receives, taken by a receiver that waits, then closed."""
    channel: Channel[int] = Channel(0)
    refused: Channel[None] = Channel(1)

    def sender() -> None:
        assert not channel.try_send(7)
        refused.send(None)
        until_receivers(channel)
        assert channel.try_send(8)
        until_closed(channel)
        assert_closed(channel.try_send, 9)

    def receiver() -> None:
        refused.recv()
        assert channel.recv() == 8
        channel.close()

    with scope() as spawn:
        spawn(sender)
        spawn(receiver)


def test_zero_send() -> None:
    channel: Channel[int] = Channel(0)

    def sender() -> None:
        for value in (7, 8, 9):
            channel.send(value)

    with scope() as spawn:
        spawn(sender)
        until_senders(channel)
        assert [channel.recv() for _ in range(3)] == [7, 8, 9]


def test_zero_send_timeout() -> None:
    """The value whose sender gave up is never seen."""
    channel: Channel[int] = Channel(0)
    gave_up: Channel[None] = Channel(1)

    def sender() -> None:
        assert_times_out(channel.send, 7)
        gave_up.send(None)
        channel.send(8, timeout=LIMIT)
        assert_closed(channel.send, 9, timeout=LIMIT)

    def receiver() -> None:
        gave_up.recv()
        assert channel.recv() == 8
        channel.close()

    with scope() as spawn:
        spawn(sender)
        spawn(receiver)


def test_zero_len() -> None:
    """A rendezvous channel holds nothing, not even in full swing."""
    channel: Channel[int] = Channel(0)

    def receiver() -> None:
        for expected in range(2000):
            assert channel.recv() == expected
            assert len(channel) == 0

    def sender() -> None:
        for value in range(2000):
            channel.send(value)
            assert len(channel) == 0

    with scope() as spawn:
        spawn(receiver)
        spawn(sender)
    assert len(channel) == 0


def test_zero_disconnect_wakes_sender() -> None:
    scenarios.close_wakes_sender(Channel(0))


def test_zero_disconnect_wakes_receiver() -> None:
    scenarios.close_wakes_receiver(Channel(0))


def test_zero_spsc() -> None:
    scenarios.spsc(Channel(0), 5000)


def test_zero_mpmc() -> None:
    scenarios.mpmc(Channel(0), 1000)


def test_zero_stress_oneshot() -> None:
    stress.stress_oneshot(lambda: Channel(0), 300)


def test_zero_stress_iter() -> None:
    """The client asks only if the server happens to wait, so it never blocks."""
    stress.stress_iter(Channel(0), Channel(0), 50, lambda request: request.try_send(None))


def test_zero_stress_timeout_two_threads() -> None:
    def put(channel: Channel[Any], value: int) -> None:
        channel.send(value, timeout=0.002)

    def take(channel: Channel[Any]) -> Any:
        return channel.recv(timeout=0.002)

    stress.stress_timeout_two_threads(Channel(0), 40, put, take)


def test_zero_drops() -> None:
    random = Random(3)
    for _ in range(10):
        stress.drops(lambda: Channel(0), 0, random)


def _hits(cases: list[Any], count: int) -> list[int]:
    hits = [0] * len(cases)
    for _ in range(count):
        hits[select(*cases).index] += 1
    return hits


def test_zero_fairness() -> None:
    """Both sides choose between two channels; neither neglects one."""
    first: Channel[None] = Channel(0)
    second: Channel[None] = Channel(0)
    with scope() as spawn:
        received = spawn(_hits, [first, second], 1000)
        sent = spawn(_hits, [send(first, None), send(second, None)], 1000)
    assert_fair(received.result(), 1000)
    assert received.result() == sent.result()


def test_zero_fairness_duplicates() -> None:
    """One channel in five cases on either side."""
    channel: Channel[None] = Channel(0)
    with scope() as spawn:
        received = spawn(_hits, [channel] * 5, 1000)
        sent = spawn(_hits, [send(channel, None)] * 5, 1000)
    assert_fair(received.result(), 1000)
    assert_fair(sent.result(), 1000)


def test_zero_recv_in_send() -> None:
    """The value of a send case may come from another receive on the same channel."""
    channel: Channel[str] = Channel(0)

    def pass_on() -> None:
        select(send(channel, channel.recv() + " passed on"))

    with scope() as spawn:
        spawn(pass_on)
        until_receivers(channel)
        received = spawn(channel.recv)
        until_receivers(channel, 2)
        spawn(channel.send, "value")
    assert received.result() == "value passed on"


def test_zero_channel_through_channel() -> None:
    stress.channel_through_channel(0, 500)
