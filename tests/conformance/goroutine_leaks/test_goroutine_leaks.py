"""Every case of Go's goroutine-leak suite: its leaking version is reported, its fixed one is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator

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
from .judge import joins, run, told_right
from .program import CASES, Case

FEW, MANY = range(4), range(40)  # seeds; many where a leak depends on the order of events

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_leak = pytest.mark.parametrize(
    "case", [case for case in CASES if case.leaks], ids=lambda case: case.name
)


def seeds(case: Case) -> range:
    return FEW if case.always and len(case.leaks) < 2 else MANY


@every_leak
def test_leaking_version_is_reported(case: Case) -> None:
    shown = []
    for seed in seeds(case):
        outcome = run(case, False, seed)
        if outcome.reported or case.always:
            shown.append(told_right(case, outcome))
            assert shown[-1] is not None, outcome
    assert case.leaks[0] in shown


@every_case
def test_fixed_version_is_not(case: Case) -> None:
    for seed in seeds(case):
        assert not run(case, True, seed).reported


@every_leak
def test_waiting_for_the_leaking_version_is_a_deadlock(case: Case) -> None:
    assert any(joins(case, False, seed) for seed in seeds(case))


@every_case
def test_waiting_for_the_fixed_version_ends(case: Case) -> None:
    assert not any(joins(case, True, seed) for seed in seeds(case))


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
