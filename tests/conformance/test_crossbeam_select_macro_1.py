"""crossbeam-channel tests/select_macro.rs: the select functions, step by step."""

from __future__ import annotations

import crossbeam_select_basics as basics
from crossbeam_choosers import FUNCTION


def test_select_macro_smoke1() -> None:
    basics.smoke1(FUNCTION)


def test_select_macro_smoke2() -> None:
    basics.smoke2(FUNCTION)


def test_select_macro_disconnected() -> None:
    basics.disconnected(FUNCTION)


def test_select_macro_default() -> None:
    basics.default(FUNCTION)


def test_select_macro_timeout() -> None:
    basics.timeout(FUNCTION)


def test_select_macro_timeout_without_cases() -> None:
    basics.timeout_without_cases(FUNCTION)


def test_select_macro_default_when_disconnected() -> None:
    basics.default_when_disconnected(FUNCTION)


def test_select_macro_default_only() -> None:
    basics.default_only(FUNCTION)


def test_select_macro_unblocks() -> None:
    basics.unblocks(FUNCTION)


def test_select_macro_both_ready() -> None:
    basics.both_ready(FUNCTION)


def test_select_macro_loop_try() -> None:
    basics.loop_try(FUNCTION)


def test_select_macro_cloning1() -> None:
    basics.cloning1(FUNCTION)


def test_select_macro_cloning2() -> None:
    basics.cloning2(FUNCTION)


def test_select_macro_preflight1() -> None:
    basics.preflight1(FUNCTION)


def test_select_macro_preflight2() -> None:
    basics.preflight2(FUNCTION)


def test_select_macro_preflight3() -> None:
    basics.preflight3(FUNCTION)


def test_select_macro_duplicate_operations() -> None:
    basics.duplicate_operations(FUNCTION)


def test_select_macro_nesting() -> None:
    basics.nesting(FUNCTION)


def test_select_macro_send_recv_same_channel() -> None:
    basics.send_recv_same_channel(FUNCTION)
