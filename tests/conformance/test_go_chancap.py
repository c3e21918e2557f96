"""Go test/chancap.go: len and capacity, and the sizes a channel cannot be made with."""

from __future__ import annotations

from typing import Any

import pytest
from go_helpers import DTYPES
from heartbeat import Channel

dtypes = pytest.mark.parametrize("dtype", DTYPES)


@dtypes
def test_len_and_cap(dtype: str | None) -> None:
    channel: Channel[Any] = Channel(10, dtype=dtype)
    assert (len(channel), channel.capacity) == (0, 10)
    for number in range(3):
        channel.send(number, timeout=0)
    assert (len(channel), channel.capacity) == (3, 10)


@dtypes
def test_len_and_cap_unbuffered(dtype: str | None) -> None:
    channel: Channel[Any] = Channel(dtype=dtype)
    assert (len(channel), channel.capacity) == (0, 0)


@dtypes
@pytest.mark.parametrize("size", [-1, -(2**31), -(2**63)])
def test_size_below_zero(dtype: str | None, size: int) -> None:
    with pytest.raises(ValueError):
        Channel(size, dtype=dtype)


@dtypes
@pytest.mark.parametrize("size", [2**59, 2**61, 2**63 - 1], ids=["2**59", "2**61", "2**63-1"])
def test_size_beyond_memory(dtype: str | None, size: int) -> None:
    """Go reserves the buffer and must refuse these. Here a capacity is a bound, and room is made
    for what is queued.

    2**59 words are more than an address space holds, and the byte counts of the others do not fit
    64 bits: neither may turn into a small buffer.
    """
    channel: Channel[Any] = Channel(size, dtype=dtype)
    assert channel.capacity == channel.stats().capacity == size
    assert channel.send_many(range(1_000), timeout=0) == len(channel) == 1_000
    assert channel.recv_many(1_000, timeout=0) == list(range(1_000))


@dtypes
def test_size_out_of_range(dtype: str | None) -> None:
    with pytest.raises(OverflowError):
        Channel(2**63, dtype=dtype)
