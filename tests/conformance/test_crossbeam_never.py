"""crossbeam-channel tests/never.rs: the channel that is never ready."""

from __future__ import annotations

from typing import Any

import pytest

from crossbeam_helpers import LIMIT, SHORT, assert_times_out, is_empty
from heartbeat import Channel, nil, now, select, send, sleep, tick, try_select


def test_never_smoke() -> None:
    assert try_select(nil) is None
    assert try_select(send(nil, 1)) is None


def test_never_optional() -> None:
    """A case is switched off by nil, or by None, in its place."""
    channel: Channel[int] = Channel(None)
    channel.send(1)
    channel.send(2)
    source: Channel[int] | None = channel
    selected = try_select(source or nil)
    assert selected is not None
    assert selected.value == 1
    source = None
    assert try_select(source or nil) is None
    assert try_select(source) is None
    assert len(channel) == 1


def test_never_tick_n() -> None:
    """A loop takes ten ticks, then puts nil in the ticker's place."""
    source: Any = tick(0.01)
    steps = 0
    while source is not nil:
        select(source, timeout=LIMIT)
        steps += 1
        if steps == 10:
            source = nil
    start = now()
    with pytest.raises(TimeoutError):
        select(source, timeout=SHORT)
    assert now() - start >= SHORT


def test_never_capacity() -> None:
    assert nil.capacity == 0


def test_never_len_empty_full() -> None:
    assert len(nil) == 0
    assert is_empty(nil)
    assert not nil.try_send(1)


def test_never_try_recv() -> None:
    assert is_empty(nil)
    sleep(SHORT)
    assert is_empty(nil)


def test_never_recv_timeout() -> None:
    start = now()
    assert_times_out(nil.recv)
    assert_times_out(nil.recv)
    assert now() - start >= 2 * SHORT
