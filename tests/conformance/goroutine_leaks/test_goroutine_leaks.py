"""Every case of Go's goroutine-leak suite: its leaking version is reported, its fixed one is not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from heartbeat import Channel, go
from heartbeat.testing import virtual_time

from . import (  # noqa: F401
    cases_cockroach_1,
    cases_cockroach_2,
    cases_etcd,
    cases_grpc,
    cases_hugo_istio,
    cases_kubernetes_1,
    cases_kubernetes_2,
    cases_micro,
    cases_moby,
    cases_patterns,
    cases_serving_syncthing,
)
from .judge import Found, joins, leaks_of, run
from .program import CASES, Case

FEW, MANY = range(2), range(40)  # seeds; many where a leak depends on the order of events

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_leak = pytest.mark.parametrize(
    "case", [case for case in CASES if case.leaks], ids=lambda case: case.name
)


Way = Callable[[Case, bool, int], Found]
both_ways = pytest.mark.parametrize(
    "way", [pytest.param(run, id="left to itself"), pytest.param(joins, id="waited for")]
)


def seeds(case: Case) -> range:
    return FEW if case.always and len(case.leaks) < 2 else MANY


@every_leak
@both_ways
def test_leaking_version_is_reported(case: Case, way: Way) -> None:
    shown = []
    for seed in seeds(case):
        found = way(case, False, seed)
        if found or case.always:
            shown.append(leaks_of(case, found))
            assert shown[-1] is not None, found
    assert case.leaks[0] in shown


@every_case
@both_ways
def test_fixed_version_is_not(case: Case, way: Way) -> None:
    for seed in seeds(case):
        assert way(case, True, seed) == []


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
