"""Go test/ken/chan1.go: a thousand messages to ten receivers, each received once.

The original gives 1,000 too.
"""

from __future__ import annotations

from typing import Any

import pytest
from go_helpers import DTYPES, Program, yield_now
from heartbeat import Channel, Closed, select

MESSAGES = 1_000
RECEIVERS = 10
BUFFER = 2
UNSENT, SENT, RECEIVED = range(3)


def receive_and_mark(channel: Channel[Any], marks: list[int]) -> None:
    """Ends when the channel is closed and drained; the original's receivers end with their
    program.
    """
    while (got := select(channel)).ok:
        assert marks[got.value] == SENT
        marks[got.value] = RECEIVED


@pytest.mark.parametrize("dtype", DTYPES)
def test_chan1(dtype: str | None) -> None:
    marks = [UNSENT] * MESSAGES
    with Program() as program:
        channel = program.chan(BUFFER, dtype)
        for _ in range(RECEIVERS):
            program.go(receive_and_mark, channel, marks)
            yield_now()
        for number in range(MESSAGES):
            assert marks[number] == UNSENT
            marks[number] = SENT
            channel.send(number)
        channel.close()
        program.join()
    assert marks == [RECEIVED] * MESSAGES
    with pytest.raises(Closed):
        channel.recv()
