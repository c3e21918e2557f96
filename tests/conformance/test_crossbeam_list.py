"""crossbeam-channel tests/list.rs: unbounded channels."""

from __future__ import annotations

from random import Random
from typing import Any

import crossbeam_scenarios as scenarios
import crossbeam_stress as stress
from crossbeam_helpers import assert_closed, assert_times_out, is_empty
from heartbeat import Channel, select, send


def test_list_smoke() -> None:
    channel: Channel[int] = Channel(None)
    assert channel.try_send(7)
    assert channel.try_recv() == 7
    channel.send(8)
    assert channel.recv() == 8
    assert is_empty(channel)
    assert_times_out(channel.recv)


def test_list_capacity() -> None:
    assert Channel(None).capacity is None


def test_list_len_empty_full() -> None:
    channel: Channel[None] = Channel(None)
    assert len(channel) == 0
    assert is_empty(channel)
    channel.send(None)
    assert len(channel) == 1
    channel.recv()
    assert len(channel) == 0
    assert is_empty(channel)


def test_list_try_recv() -> None:
    scenarios.try_recv_sees_each_state(Channel(None))


def test_list_recv() -> None:
    scenarios.recv_in_order_until_closed(Channel(None))


def test_list_recv_timeout() -> None:
    scenarios.recv_timeout_sees_each_state(Channel(None))


def test_list_recv_timeout_nonempty_expired() -> None:
    """A value that is there wins over a timeout that is up."""
    channel: Channel[int] = Channel(None)
    channel.send(5)
    assert channel.recv(timeout=0) == 5
    assert_times_out(channel.recv, timeout=0)


def test_list_try_send() -> None:
    channel: Channel[int] = Channel(None)
    assert all(channel.try_send(value) for value in range(1000))
    channel.close()
    assert_closed(channel.try_send, 777)
    assert list(channel) == list(range(1000))


def test_list_send() -> None:
    channel: Channel[int] = Channel(None)
    for value in range(1000):
        channel.send(value)
    channel.close()
    assert_closed(channel.send, 777)
    assert list(channel) == list(range(1000))


def test_list_send_timeout() -> None:
    """Nothing has to be waited for, so any timeout will do."""
    channel: Channel[int] = Channel(None)
    for value in range(1000):
        channel.send(value, timeout=value / 1000)
    channel.close()
    assert_closed(channel.send, 777, timeout=0)
    assert len(channel) == 1000


def test_list_send_after_disconnect() -> None:
    scenarios.send_after_close(Channel(None))


def test_list_recv_after_disconnect() -> None:
    scenarios.recv_after_close(Channel(None))


def test_list_len() -> None:
    channel: Channel[int] = Channel(None)
    for size in range(1, 51):
        channel.send(size)
        assert len(channel) == size
    for size in reversed(range(50)):
        channel.recv()
        assert len(channel) == size


def test_list_disconnect_wakes_receiver() -> None:
    scenarios.close_wakes_receiver(Channel(None))


def test_list_spsc() -> None:
    scenarios.spsc(Channel(None), 5000)


def test_list_mpmc() -> None:
    scenarios.mpmc(Channel(None), 1000)


def test_list_stress_oneshot() -> None:
    stress.stress_oneshot(lambda: Channel(None), 300)


def test_list_stress_iter() -> None:
    stress.stress_iter(Channel(None), Channel(None), 2000, lambda request: request.send(None))


def test_list_stress_timeout_two_threads() -> None:
    def put(channel: Channel[Any], value: int) -> None:
        channel.send(value)

    def take(channel: Channel[Any]) -> Any:
        return channel.recv(timeout=0.002)

    stress.stress_timeout_two_threads(Channel(None), 40, put, take)


def test_list_drops() -> None:
    random = Random(2)
    for _ in range(10):
        stress.drops(lambda: Channel(None), random.randrange(50), random)


def test_list_linearizable() -> None:
    stress.linearizable(Channel(None), 1000)


def test_list_fairness() -> None:
    stress.fairness(Channel(None), Channel(None), 1000)


def test_list_fairness_duplicates() -> None:
    stress.fairness_duplicates(Channel(None), 1000)


def test_list_recv_in_send() -> None:
    channel: Channel[str] = Channel(None)
    channel.send("first")
    assert select(send(channel, channel.recv() + " again")).index == 0
    assert channel.recv() == "first again"
    assert is_empty(channel)


def test_list_channel_through_channel() -> None:
    stress.channel_through_channel(None, 500)
