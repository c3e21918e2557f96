"""Every case of Go's goroutine-leak suite: its leaking version is reported, its fixed one is not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from heartbeat import Channel, go
from heartbeat.testing import virtual_time

from .every_case import CASES
from .judge import Found, Schedule, joins, leaks_of, run
from .program import Case

FEW, MANY = range(2), range(40)  # seeds; many where it depends on them what leaks


def depends(case: Case) -> bool:
    return not case.always or len(case.leaks) > 1


def named(cases: Iterable[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", list(cases), ids=lambda case: case.name)


Way = Callable[[Case, bool, int, Schedule], Found]
both_ways = pytest.mark.parametrize(
    "way", [pytest.param(run, id="left to itself"), pytest.param(joins, id="waited for")]
)
taking_turns = pytest.mark.parametrize("schedule", ["random", "pct"])


def demand_leaks(case: Case, way: Way, schedule: Schedule = None) -> None:
    """Seeds until one shows the first set of leaks of the case; what leaks is never anything else."""
    shown = False
    for seed in MANY if depends(case) else FEW:
        found = way(case, False, seed, schedule)
        if found or case.always:
            leaks = leaks_of(case, found)
            assert leaks is not None, found
            shown = shown or leaks is case.leaks[0]
        if shown and depends(case):
            break
    assert shown


@named(case for case in CASES if case.leaks)
@both_ways
def test_leaking_version_is_reported(case: Case, way: Way) -> None:
    demand_leaks(case, way)


@named(CASES)
@both_ways
def test_fixed_version_is_not(case: Case, way: Way) -> None:
    for seed in MANY if depends(case) else FEW:
        assert way(case, True, seed, None) == []


@named(filter(depends, CASES))
@taking_turns
@both_ways
def test_leaking_version_is_reported_where_threads_take_turns(
    case: Case, way: Way, schedule: Schedule
) -> None:
    demand_leaks(case, way, schedule)


@named(filter(depends, CASES))
@taking_turns
@both_ways
def test_fixed_version_is_not_where_threads_take_turns(case: Case, way: Way, schedule: Schedule) -> None:
    for seed in MANY[::4]:
        assert way(case, True, seed, schedule) == []


@named(filter(depends, CASES))
@taking_turns
def test_where_threads_take_turns_a_seed_is_one_order(case: Case, schedule: Schedule) -> None:
    """The names of those who leak, and of none, come again."""
    for seed in MANY[::8]:
        first, again = ([name for name, _ in run(case, False, seed, schedule)] for _ in range(2))
        assert first == again


@pytest.fixture(autouse=True)
def nobody_fails(told: list[threading.ExceptHookArgs]) -> Iterator[None]:
    yield
    assert told == []


def test_no_leak_global() -> None:
    """What comes from outside of a bubble is no leak: its end waits for it."""
    everybodys: Channel[int] = Channel()
    received: list[int] = []
    outside = go(everybodys.send, 1, name="outside")
    with virtual_time():
        go(lambda: received.append(everybodys.recv()), name="receiver")
    outside.join()
    assert received == [1]
