"""crossbeam-channel tests/ready.rs: selectors that grow case by case before they are used."""

from __future__ import annotations

import pytest

import crossbeam_select_basics as basics
import crossbeam_select_stress as stress
from crossbeam_choosers import GROWN
from heartbeat import Channel


def test_ready_smoke1() -> None:
    basics.smoke1(GROWN)


def test_ready_smoke2() -> None:
    basics.smoke2(GROWN)


def test_ready_disconnected() -> None:
    basics.disconnected(GROWN)


def test_ready_default() -> None:
    basics.default(GROWN)


def test_ready_timeout() -> None:
    basics.timeout(GROWN)


def test_ready_timeout_without_cases() -> None:
    basics.timeout_without_cases(GROWN)


def test_ready_default_when_disconnected() -> None:
    basics.default_when_disconnected(GROWN)


def test_ready_default_only() -> None:
    basics.default_only(GROWN)


def test_ready_unblocks() -> None:
    basics.unblocks(GROWN)


def test_ready_both_ready() -> None:
    basics.both_ready(GROWN)


def test_ready_cloning1() -> None:
    basics.cloning1(GROWN)


def test_ready_cloning2() -> None:
    basics.cloning2(GROWN)


def test_ready_preflight1() -> None:
    basics.preflight1(GROWN)


def test_ready_preflight2() -> None:
    basics.preflight2(GROWN)


def test_ready_preflight3() -> None:
    basics.preflight3(GROWN)


def test_ready_duplicate_operations() -> None:
    basics.duplicate_operations(GROWN)


def test_ready_nesting() -> None:
    basics.nesting(GROWN)


def test_ready_send_recv_same_channel() -> None:
    basics.send_recv_same_channel(GROWN)


def test_ready_stress_recv() -> None:
    stress.stress_recv(GROWN, Channel(0), 1000)


def test_ready_stress_send() -> None:
    stress.stress_send(GROWN, 1000)


def test_ready_stress_mixed() -> None:
    stress.stress_mixed(GROWN, 1000)


def test_ready_stress_timeout_two_threads() -> None:
    stress.stress_timeout_two_threads(GROWN)


def test_ready_fairness1() -> None:
    stress.fairness1(GROWN)


def test_ready_fairness2() -> None:
    stress.fairness2(GROWN)


@pytest.mark.parametrize("capacity", range(1, 4))
def test_ready_channel_through_channel(capacity: int) -> None:
    stress.channel_through_channel(GROWN, capacity)
