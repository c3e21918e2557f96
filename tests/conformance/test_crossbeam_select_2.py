"""crossbeam-channel tests/select.rs: Selector under load, shared and kept."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import crossbeam_select_stress as stress
from crossbeam_choosers import FRESH
from crossbeam_helpers import is_empty, scope
from heartbeat import Channel, Selected, Selector, recv, send

THREADS = 20


def test_select_stress_recv() -> None:
    stress.stress_recv(FRESH, Channel(100), 1000)


def test_select_stress_send() -> None:
    stress.stress_send(FRESH, 1000)


def test_select_stress_mixed() -> None:
    stress.stress_mixed(FRESH, 1000)


def test_select_stress_timeout_two_threads() -> None:
    stress.stress_timeout_two_threads(FRESH)


def test_select_matching() -> None:
    stress.matching(FRESH)


def test_select_matching_with_leftover() -> None:
    stress.matching_with_leftover(FRESH)


def test_select_fairness1() -> None:
    stress.fairness1(FRESH)


def test_select_fairness2() -> None:
    stress.fairness2(FRESH)


@pytest.mark.parametrize("capacity", range(3))
def test_select_channel_through_channel(capacity: int) -> None:
    stress.channel_through_channel(FRESH, capacity)


@pytest.mark.parametrize("capacity", [1, None])
def test_select_linearizable_try(capacity: int | None) -> None:
    stress.linearizable(FRESH.try_select, Channel(capacity), Channel(capacity))


@pytest.mark.parametrize("capacity", [1, None])
def test_select_linearizable_timeout(capacity: int | None) -> None:
    """A timeout of zero is a poll: it finds what is there."""
    choose = partial(FRESH.select, timeout=0)
    stress.linearizable(choose, Channel(capacity), Channel(capacity))


def test_select_sync_and_clone() -> None:
    """Many threads use the very same case objects at once, each in a Selector of its own."""
    channel: Channel[str] = Channel(0)
    cases = (recv(channel), send(channel, "shared"))

    def meet() -> Selected[Any]:
        return Selector(cases).select()

    with scope() as spawn:
        tasks = [spawn(meet) for _ in range(THREADS)]
    values = [task.result().value for task in tasks]
    assert values.count("shared") == values.count(None) == THREADS // 2
    assert is_empty(channel)


def test_select_send_and_clone() -> None:
    """A Selector is made by one thread and used by another."""
    channel: Channel[int] = Channel(0)
    selectors = [Selector([recv(channel), send(channel, own)]) for own in range(THREADS)]
    with scope() as spawn:
        tasks = [spawn(selector.select) for selector in selectors]
    results = [task.result() for task in tasks]
    sent = {own for own, selected in enumerate(results) if selected.index == 1}
    received = {own: selected.value for own, selected in enumerate(results) if selected.index == 0}
    assert set(received.values()) == sent
    assert len(received) == len(sent) == THREADS // 2
    assert is_empty(channel)


def test_select_reuse() -> None:
    """One Selector for a whole conversation; only the case whose value changes is put in anew."""
    count = 1000
    first: Channel[int] = Channel(0)
    second: Channel[int] = Channel(0)
    turns: Channel[None] = Channel(100)

    def peer() -> None:
        for value in range(count):
            first.send(value)
            assert second.recv() == value
            turns.recv()

    with scope() as spawn:
        spawn(peer)
        selector: Selector[Any] = Selector([first])
        for value in range(count):
            key = selector.add(send(second, value))
            assert selector.select() == (0, value, True)
            assert selector.select() == (key, None, True)
            selector.remove(key)
            turns.send(None)
    assert len(selector) == 1
