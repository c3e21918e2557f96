"""crossbeam-channel tests/select_macro.rs: the select functions under load, fair and biased."""

from __future__ import annotations

from functools import partial

import pytest

import crossbeam_select_stress as stress
from crossbeam_choosers import FUNCTION
from crossbeam_helpers import LIMIT, assert_fair, fill
from heartbeat import Channel, select, send, try_select

COUNT = 1000


def test_select_macro_stress_recv() -> None:
    stress.stress_recv(FUNCTION, Channel(100), 1000)


def test_select_macro_stress_send() -> None:
    stress.stress_send(FUNCTION, 1000)


def test_select_macro_stress_mixed() -> None:
    stress.stress_mixed(FUNCTION, 1000)


def test_select_macro_stress_timeout_two_threads() -> None:
    stress.stress_timeout_two_threads(FUNCTION)


def test_select_macro_matching() -> None:
    stress.matching(FUNCTION)


def test_select_macro_matching_with_leftover() -> None:
    stress.matching_with_leftover(FUNCTION)


def test_select_macro_fairness1() -> None:
    stress.fairness1(FUNCTION)


def test_select_macro_fairness2() -> None:
    stress.fairness2(FUNCTION)


@pytest.mark.parametrize("capacity", range(3))
def test_select_macro_channel_through_channel(capacity: int) -> None:
    stress.channel_through_channel(FUNCTION, capacity)


@pytest.mark.parametrize("capacity", [1, None])
def test_select_macro_linearizable_default(capacity: int | None) -> None:
    stress.linearizable(FUNCTION.try_select, Channel(capacity), Channel(capacity))


@pytest.mark.parametrize("capacity", [1, None])
def test_select_macro_linearizable_timeout(capacity: int | None) -> None:
    """A timeout of zero is a poll: it finds what is there."""
    choose = partial(FUNCTION.select, timeout=0)
    stress.linearizable(choose, Channel(capacity), Channel(capacity))


def test_select_macro_fairness_recv() -> None:
    bounded: Channel[None] = Channel(COUNT)
    unbounded: Channel[None] = Channel(None)
    fill(bounded, COUNT)
    fill(unbounded, COUNT)
    hits = [0, 0]
    for _ in range(COUNT):
        hits[select(bounded, unbounded).index] += 1
    assert_fair(hits, COUNT)
    assert [len(bounded), len(unbounded)] == [COUNT - hit for hit in hits]


def test_select_macro_fairness_send() -> None:
    bounded: Channel[None] = Channel(COUNT)
    unbounded: Channel[None] = Channel(None)
    hits = [0, 0]
    for _ in range(COUNT):
        hits[select(send(bounded, None), send(unbounded, None)).index] += 1
    assert_fair(hits, COUNT)
    assert [len(bounded), len(unbounded)] == hits


def _filled() -> list[Channel[None]]:
    channels: list[Channel[None]] = [Channel(None) for _ in range(3)]
    for channel, count in zip(channels, (COUNT, COUNT, 1), strict=True):
        fill(channel, count)
    return channels


def test_select_macro_unfairness() -> None:
    """A biased select takes the first ready case, and comes to the second when the first is dry."""
    channels = _filled()
    order = [select(*channels, biased=True).index for _ in range(2 * COUNT + 1)]
    assert order == [0] * COUNT + [1] * COUNT + [2]


def test_select_macro_unfairness_timeout() -> None:
    channels = _filled()
    order = [select(*channels, biased=True, timeout=LIMIT).index for _ in range(2 * COUNT)]
    assert order == [0] * COUNT + [1] * COUNT
    assert len(channels[2]) == 1


def test_select_macro_unfairness_try() -> None:
    channels = _filled()
    order = [select(*channels, biased=True, timeout=0).index for _ in range(2 * COUNT)]
    assert order == [0] * COUNT + [1] * COUNT
    assert try_select(*channels) == (2, None, True)
    assert try_select(*channels) is None
