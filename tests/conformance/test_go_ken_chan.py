"""Go test/ken/chan.go: sends and receives, direct and through selects of eight cases, all ways
round.

A lane is a channel with one sending end and one receiving end. 76 numbers in a row go over it: both
ends know which comes next and stop after the same one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from go_helpers import WAIT, Program, yield_now
from heartbeat import Channel, select, send

PER_LANE = 76
buffers = pytest.mark.parametrize("buffer", [0, 1, 10, 100])


@dataclass
class Lane:
    channel: Channel[Any]
    first: int
    sent: int = 0
    received: int = 0

    def next_value(self) -> int:
        return self.first + self.sent

    def note_sent(self) -> None:
        self.sent += 1

    def note_received(self, value: int) -> None:
        assert value == self.first + self.received
        self.received += 1

    def complete(self) -> bool:
        return self.sent == self.received == PER_LANE and len(self.channel) == 0


def make_lanes(program: Program, buffer: int, count: int) -> list[Lane]:
    return [Lane(program.chan(buffer), 100 * number) for number in range(1, count + 1)]


def dawdle(upto: int) -> None:
    for _ in range(random.randrange(upto) + 1):
        yield_now()


def send_all(lane: Lane) -> None:
    while lane.sent < PER_LANE:
        dawdle(10)
        lane.channel.send(lane.next_value(), timeout=WAIT)
        lane.note_sent()


def recv_all(lane: Lane) -> None:
    while lane.received < PER_LANE:
        dawdle(10)
        lane.note_received(lane.channel.recv(timeout=WAIT))


def select_all(inward: list[Lane], outward: list[Lane]) -> None:
    """Serves all its lanes; a lane that is through leaves a case that never is ready, as a nil
    channel does.
    """
    while True:
        receives = [lane.channel if lane.received < PER_LANE else None for lane in inward]
        sends = [
            send(lane.channel, lane.next_value()) if lane.sent < PER_LANE else None
            for lane in outward
        ]
        if not any(case is not None for case in (*receives, *sends)):
            return
        dawdle(5)
        got = select(*receives, *sends, timeout=WAIT)
        if got.index < len(receives):
            inward[got.index].note_received(got.value)
        else:
            outward[got.index - len(receives)].note_sent()


def finish(program: Program, lanes: list[Lane]) -> None:
    program.join()
    assert all(lane.complete() for lane in lanes)


@buffers
def test_test1(buffer: int) -> None:
    """Direct send to direct receive, four lanes."""
    with Program() as program:
        lanes = make_lanes(program, buffer, 4)
        for lane in lanes:
            program.go(send_all, lane)
            program.go(recv_all, lane)
        finish(program, lanes)


@buffers
def test_test2(buffer: int) -> None:
    """Direct sends to a select that receives."""
    with Program() as program:
        lanes = make_lanes(program, buffer, 4)
        for lane in lanes:
            program.go(send_all, lane)
        program.go(select_all, lanes, [])
        finish(program, lanes)


@buffers
def test_test3(buffer: int) -> None:
    """A select that sends to direct receives."""
    with Program() as program:
        lanes = make_lanes(program, buffer, 4)
        for lane in lanes:
            program.go(recv_all, lane)
        program.go(select_all, [], lanes)
        finish(program, lanes)


@buffers
def test_test4(buffer: int) -> None:
    """A select that sends to a select that receives."""
    with Program() as program:
        lanes = make_lanes(program, buffer, 4)
        program.go(select_all, [], lanes)
        program.go(select_all, lanes, [])
        finish(program, lanes)


@buffers
def test_test5(buffer: int) -> None:
    """Two selects, each of which sends what the other receives."""
    with Program() as program:
        lanes = make_lanes(program, buffer, 8)
        program.go(select_all, lanes[4:], lanes[:4])
        program.go(select_all, lanes[:4], lanes[4:])
        finish(program, lanes)


@buffers
def test_test6(buffer: int) -> None:
    """Direct sends into one select, its sends into another, and that one's into direct receives."""
    with Program() as program:
        lanes = make_lanes(program, buffer, 12)
        for lane in lanes[4:8]:
            program.go(send_all, lane)
        for lane in lanes[8:]:
            program.go(recv_all, lane)
        program.go(select_all, lanes[4:8], lanes[:4])
        program.go(select_all, lanes[:4], lanes[8:])
        finish(program, lanes)
