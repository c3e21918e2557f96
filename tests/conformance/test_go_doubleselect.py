"""Go test/chan/doubleselect.go: one select never performs two of its cases.

100,000 rounds there, 4,000 here.
"""

from __future__ import annotations

from typing import Any

import pytest
from go_helpers import DTYPES, WAIT, Program
from heartbeat import Channel, select, send

ROUNDS = 4_000
LANES = 4


def offer_everywhere(lanes: list[Channel[Any]]) -> None:
    """Sends every number once, on whichever lane takes it: a case performed too often shows up as a
    repeat.
    """
    for number in range(ROUNDS):
        select(*(send(lane, number) for lane in lanes))
    for lane in lanes:
        lane.close()


def forward(lane: Channel[Any], merged: Channel[Any], done: Channel[Any]) -> None:
    for number in lane:
        merged.send(number)
    done.send(True)


def close_after(done: Channel[Any], merged: Channel[Any]) -> None:
    for _ in range(LANES):
        done.recv()
    merged.close()


@pytest.mark.parametrize("dtype", DTYPES)
def test_doubleselect(dtype: str | None) -> None:
    with Program() as program:
        lanes = [program.chan(0, dtype) for _ in range(LANES)]
        merged, done = program.chan(0, dtype), program.chan()
        program.go(offer_everywhere, lanes)
        for lane in lanes:
            program.go(forward, lane, merged, done)
        program.go(close_after, done, merged)
        got = list(merged)
        assert sorted(got) == list(range(ROUNDS))
        program.join()


def test_doubleselect_receiving_side() -> None:
    """The mirror image: a select that receives from four lanes takes each value once and leaves
    none behind.
    """
    with Program() as program:
        lanes = [program.chan() for _ in range(LANES)]
        for start, lane in enumerate(lanes):
            program.go(lane.send_many, range(start, ROUNDS, LANES))
        got = [select(*lanes, timeout=WAIT).value for _ in range(ROUNDS)]
        assert sorted(got) == list(range(ROUNDS))
        program.join()
