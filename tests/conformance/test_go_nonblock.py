"""Go test/chan/nonblock.go: operations that must not block, for several types of value and two
sizes of buffer.
"""

from __future__ import annotations

from typing import Any

import pytest
from go_helpers import WAIT, Program
from heartbeat import Channel, Ticker, try_select

# The channel's dtype, what is sent to a waiting receiver, and what a waiting sender sends.
OPERANDS = {
    "i32": ("q", 123, 234),
    "i64": ("q", 123_456, 234_567),
    "f64": ("d", 1.5, -2.25),
    "int object": (None, 123_456, 234_567),
    "bool": (None, True, True),
    "string": (None, "hello", "hello again"),
}
operands = pytest.mark.parametrize(
    ("dtype", "first", "second"), OPERANDS.values(), ids=OPERANDS.keys()
)
buffers = pytest.mark.parametrize("buffer", [0, 1])
TRIES = 10_000
EMPTY = object()


def test_attempts_are_spaced_by_a_ticker() -> None:
    """The helper below relies on this: a ticker faster than its reader gives a tick at every
    receive.
    """
    ticker = Ticker(0.0001)
    assert ticker.recv(timeout=WAIT) < ticker.recv(timeout=WAIT)


def retry(attempt: Any) -> Any:
    """Repeat a non-blocking attempt, a tick apart, until it gives something else than EMPTY."""
    ticker = Ticker(0.001)
    for _ in range(TRIES):
        result = attempt()
        if result is not EMPTY:
            return result
        ticker.recv(timeout=WAIT)
    raise AssertionError("the other side never became ready")


def expect(channel: Channel[Any], value: Any, strobe: Channel[Any]) -> None:
    assert channel.recv() == value
    strobe.send(True)


def offer(channel: Channel[Any], value: Any, strobe: Channel[Any]) -> None:
    channel.send(value)
    strobe.send(True)


@operands
@buffers
def test_receive_from_empty(buffer: int, dtype: str | None, first: Any, second: Any) -> None:
    channel: Channel[Any] = Channel(buffer, dtype=dtype)
    assert channel.try_recv(EMPTY) is EMPTY
    assert try_select(channel) is None


@operands
@buffers
def test_send_to_waiting_receiver(buffer: int, dtype: str | None, first: Any, second: Any) -> None:
    with Program() as program:
        channel, strobe = program.chan(buffer, dtype), program.chan()
        program.go(expect, channel, first, strobe)
        assert retry(lambda: channel.try_send(first) or EMPTY) is True
        assert strobe.recv(timeout=WAIT) is True
        program.join()


@operands
@buffers
def test_receive_from_waiting_sender(
    buffer: int, dtype: str | None, first: Any, second: Any
) -> None:
    with Program() as program:
        channel, strobe = program.chan(buffer, dtype), program.chan()
        program.go(offer, channel, second, strobe)
        if buffer:  # with room in the buffer the sender is done before anybody receives
            assert strobe.recv(timeout=WAIT) is True
        got = retry(lambda: channel.try_recv(EMPTY))
        assert got == second and type(got) is type(second)
        if not buffer:
            assert strobe.recv(timeout=WAIT) is True
        program.join()
