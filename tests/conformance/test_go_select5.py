"""Go test/chan/select5.go: one real send or receive, phrased in every way, among cases that never
are ready.

The original generates 1,045 functions, most of them for forms of assignment that only its compiler
could confuse. The combinations kept are those the engine sees: the set of idle cases around the
real one, the place of the real one among them, and the call that selects.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import heartbeat
import pytest
from go_helpers import WAIT, no_waiters
from heartbeat import Channel, Selector, nil, recv, send

Choose = Callable[[list[Any]], Any]

FORMS: dict[str, Choose] = {
    "select": lambda cases: heartbeat.select(*cases, timeout=WAIT),
    "biased": lambda cases: heartbeat.select(*cases, timeout=WAIT, biased=True),
    "try_select": lambda cases: heartbeat.try_select(*cases),
    "Selector.select": lambda cases: Selector(cases).select(timeout=WAIT),
    "Selector.try_select": lambda cases: Selector(cases).try_select(),
}
IDLE: dict[str, Callable[[Channel[Any]], Any]] = {
    "dummy<-": lambda dummy: send(dummy, 1),
    "<-dummy": lambda dummy: recv(dummy),
    "nil<-": lambda dummy: send(nil, 1),
    "<-nil": lambda dummy: recv(nil),
}
MORE_IDLE = {**IDLE, "<-dummy again": lambda dummy: dummy, "None": lambda dummy: None}


def subsets(names: dict[str, Any]) -> list[tuple[str, ...]]:
    return [chosen for size in range(len(names) + 1) for chosen in combinations(names, size)]


def show(value: Any) -> str:
    return value if isinstance(value, str) else "+".join(value) or "alone"


def places(real: Any, idle: list[Any]) -> list[list[Any]]:
    """The case list with the real case at each place in turn."""
    return [[*idle[:place], real, *idle[place:]] for place in range(len(idle) + 1)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("idle", subsets(IDLE), ids=show)
def test_recv(idle: tuple[str, ...], form: str) -> None:
    channel: Channel[int] = Channel(1)
    dummy: Channel[int] = Channel()
    others = [MORE_IDLE[name](dummy) for name in idle]
    for number, cases in enumerate(places(channel, others)):
        channel.send(number, timeout=0)
        got = FORMS[form](cases)
        assert got == (number, number, True) and got.source is channel
        assert len(channel) == 0
    assert no_waiters(dummy) and no_waiters(channel)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("idle", subsets(IDLE), ids=show)
def test_send(idle: tuple[str, ...], form: str) -> None:
    channel: Channel[int] = Channel(1)
    dummy: Channel[int] = Channel()
    others = [MORE_IDLE[name](dummy) for name in idle]
    for number, cases in enumerate(places(send(channel, 17), others)):
        got = FORMS[form](cases)
        assert got == (number, None, True) and got.source is channel
        assert channel.recv(timeout=0) == 17
    assert no_waiters(dummy) and no_waiters(channel)


@pytest.mark.parametrize("idle", subsets(MORE_IDLE), ids=show)
def test_nonblock(idle: tuple[str, ...]) -> None:
    """Nothing is ready: no phrase of a non-blocking select performs anything or leaves a waiter
    behind.
    """
    dummy: Channel[int] = Channel()
    cases = [MORE_IDLE[name](dummy) for name in idle]
    assert FORMS["try_select"](cases) is None
    assert FORMS["Selector.try_select"](cases) is None
    with pytest.raises(TimeoutError):
        heartbeat.select(*cases, timeout=0)
    with pytest.raises(TimeoutError):
        Selector(cases).select(timeout=0)
    stats = dummy.stats()
    assert (stats.sends, stats.receives) == (0, 0)
    assert no_waiters(dummy)


@pytest.mark.parametrize("form", FORMS)
def test_send_that_lost_can_be_used_again(form: str) -> None:
    """In place of the original's order checks, which are about evaluation: a case holds its value
    until it happens.
    """
    full: Channel[str] = Channel(1)
    full.send("first", timeout=0)
    other: Channel[str] = Channel(1)
    waiting = send(full, "second")
    other.send("ready", timeout=0)
    assert FORMS[form]([waiting, other]).value == "ready"
    assert full.recv(timeout=0) == "first"
    assert FORMS[form]([waiting, other]).index == 0
    assert full.recv(timeout=0) == "second"
