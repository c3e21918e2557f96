"""crossbeam-channel tests/array.rs: bounded channels under load."""

from __future__ import annotations

from random import Random
from typing import Any

import crossbeam_scenarios as scenarios
import crossbeam_stress as stress
from crossbeam_helpers import scope
from heartbeat import Channel


def _grow_and_shrink(channel: Channel[int], count: int) -> None:
    for size in range(1, count + 1):
        channel.send(size)
        assert len(channel) == size
    for size in reversed(range(count)):
        channel.recv()
        assert len(channel) == size


def test_array_len() -> None:
    """The length follows every operation, and never exceeds the capacity under load."""
    capacity, count = 100, 2000
    channel: Channel[int] = Channel(capacity)
    for _ in range(10):
        _grow_and_shrink(channel, 50)
    _grow_and_shrink(channel, capacity)

    def receiver() -> None:
        for expected in range(count):
            assert channel.recv() == expected
            assert len(channel) <= capacity

    def sender() -> None:
        for value in range(count):
            channel.send(value)
            assert len(channel) <= capacity

    with scope() as spawn:
        spawn(receiver)
        spawn(sender)
    assert len(channel) == 0
    assert channel.stats().high_water <= capacity


def test_array_spsc() -> None:
    scenarios.spsc(Channel(3), 5000)


def test_array_mpmc() -> None:
    scenarios.mpmc(Channel(3), 1000)


def test_array_stress_oneshot() -> None:
    stress.stress_oneshot(lambda: Channel(1), 300)


def test_array_stress_iter() -> None:
    stress.stress_iter(Channel(1), Channel(1), 2000, lambda request: request.send(None))


def test_array_stress_timeout_two_threads() -> None:
    def put(channel: Channel[Any], value: int) -> None:
        channel.send(value, timeout=0.002)

    def take(channel: Channel[Any]) -> Any:
        return channel.recv(timeout=0.002)

    stress.stress_timeout_two_threads(Channel(2), 40, put, take)


def test_array_drops() -> None:
    random = Random(1)
    for _ in range(10):
        stress.drops(lambda: Channel(50), random.randrange(50), random)


def test_array_linearizable() -> None:
    stress.linearizable(Channel(stress.THREADS), 1000)


def test_array_fairness() -> None:
    stress.fairness(Channel(1000), Channel(1000), 1000)


def test_array_fairness_duplicates() -> None:
    stress.fairness_duplicates(Channel(1000), 1000)


def test_array_channel_through_channel() -> None:
    stress.channel_through_channel(1, 500)
