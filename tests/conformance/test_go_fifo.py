"""Go test/chan/fifo.go: channels deliver in the order of sending, buffered or not."""

from __future__ import annotations

from typing import Any

import pytest
from go_helpers import DTYPES, WAIT, Program
from heartbeat import Channel

N = 10


@pytest.mark.parametrize("dtype", DTYPES)
def test_AsynchFifo(dtype: str | None) -> None:
    channel: Channel[Any] = Channel(N, dtype=dtype)
    for number in range(N):
        channel.send(number, timeout=0)
    assert [channel.recv(timeout=0) for _ in range(N)] == list(range(N))


def link(values: Channel[Any], expected: int, turn: Channel[Any], next_turn: Channel[Any]) -> None:
    turn.recv()
    assert values.recv() == expected
    next_turn.send(1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_SynchFifo(dtype: str | None) -> None:
    """A daisy chain of receivers, each of which may take its value only after the one before it."""
    with Program() as program:
        values, first = program.chan(0, dtype), program.chan()
        turn = first
        for number in range(N):
            next_turn = program.chan()
            program.go(link, values, number, turn, next_turn)
            turn = next_turn
        first.send(0, timeout=WAIT)
        for number in range(N):
            values.send(number, timeout=WAIT)
        assert turn.recv(timeout=WAIT) == 1
        program.join()
