"""Go test/chan/zerosize.go: channels of values that carry nothing.

Here that value is None, and it counts.
"""

from __future__ import annotations

import pytest
from go_helpers import WAIT, Program
from heartbeat import Channel, select

EMPTY = object()


@pytest.mark.parametrize("capacity", [0, 1])
def test_make(capacity: int) -> None:
    channel = Channel[None](capacity)
    assert (len(channel), channel.capacity, channel.closed) == (0, capacity, False)


def test_buffered_nothing_is_something() -> None:
    channel = Channel[None](1)
    assert channel.try_recv(EMPTY) is EMPTY
    assert channel.try_send(None) is True
    assert channel.try_send(None) is False
    assert len(channel) == 1
    assert channel.try_recv(EMPTY) is None


def test_unbuffered_nothing_is_handed_over() -> None:
    with Program() as program:
        channel = program.chan()
        program.go(channel.send, None)
        assert select(channel, timeout=WAIT) == (0, None, True)
        program.join()
    assert select(channel, timeout=0) == (0, None, False)
