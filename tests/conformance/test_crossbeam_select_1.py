"""crossbeam-channel tests/select.rs: Selector, step by step."""

from __future__ import annotations

import pytest

import crossbeam_select_basics as basics
from crossbeam_choosers import FRESH
from crossbeam_helpers import scope
from heartbeat import Channel, Selector, recv, send


def test_select_smoke1() -> None:
    basics.smoke1(FRESH)


def test_select_smoke2() -> None:
    basics.smoke2(FRESH)


def test_select_disconnected() -> None:
    basics.disconnected(FRESH)


def test_select_default() -> None:
    basics.default(FRESH)


def test_select_timeout() -> None:
    basics.timeout(FRESH)


def test_select_timeout_without_cases() -> None:
    basics.timeout_without_cases(FRESH)


def test_select_default_when_disconnected() -> None:
    basics.default_when_disconnected(FRESH)


def test_select_default_only() -> None:
    basics.default_only(FRESH)


def test_select_unblocks() -> None:
    basics.unblocks(FRESH)


def test_select_both_ready() -> None:
    basics.both_ready(FRESH)


def test_select_loop_try() -> None:
    basics.loop_try(FRESH)


def test_select_cloning1() -> None:
    basics.cloning1(FRESH)


def test_select_cloning2() -> None:
    basics.cloning2(FRESH)


def test_select_preflight1() -> None:
    basics.preflight1(FRESH)


def test_select_preflight2() -> None:
    basics.preflight2(FRESH)


def test_select_preflight3() -> None:
    basics.preflight3(FRESH)


def test_select_duplicate_operations() -> None:
    basics.duplicate_operations(FRESH)


def test_select_nesting() -> None:
    basics.nesting(FRESH)


def test_select_send_recv_same_channel() -> None:
    basics.send_recv_same_channel(FRESH)


@pytest.mark.parametrize("capacity", [None, 2, 0])
def test_select_issue_1096(capacity: int | None) -> None:
    """A case may name its channel through any handle: bare, or in recv()."""
    for handle in (lambda channel: channel, recv):
        channel: Channel[int] = Channel(capacity)
        with scope() as spawn:
            spawn(channel.send, 123)
            assert Selector([handle(channel)]).select().value == 123
        with scope() as spawn:
            received = spawn(channel.recv)
            assert Selector([send(channel, 124)]).select().ok
        assert received.result() == 124
