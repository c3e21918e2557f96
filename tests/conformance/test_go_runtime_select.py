"""Go src/runtime/chan_test.go, second part: races, fairness and stress of select.

The first part is test_go_runtime_chan.py.
"""

from __future__ import annotations

import gc
from math import sqrt
from typing import Any

import pytest
from go_helpers import WAIT, Program, no_waiters, until, until_receivers
from heartbeat import Channel, Closed, Selector, select, send, try_select

EMPTY = object()
RACES = 150  # 100 and 1,000 in the original's short form, but every one starts a thread


def test_NonblockRecvRace() -> None:
    """A value is there until somebody takes it: a close in between must not make a poll find
    nothing.
    """
    for _ in range(RACES):
        with Program() as program:
            channel = program.chan(1)
            channel.send(1)
            racer = program.go(try_select, channel)
            channel.close()
            mine = select(channel, timeout=0)
            theirs = racer.result(WAIT)
            assert theirs is not None
            assert sorted([mine, theirs], key=lambda got: got.ok) == [
                (0, None, False),
                (0, 1, True),
            ]


def race_of_two(close_second: bool) -> None:
    """At every moment at least one of the two is ready, so a poll of both must find one."""
    with Program() as program:
        first, second = program.chan(1), program.chan(0 if close_second else 1)
        first.send(1)
        racer = program.go(try_select, first, second)
        if close_second:
            second.close()
        else:
            second.send(1)
        mine = first.try_recv(EMPTY)
        theirs = racer.result(WAIT)
        assert theirs is not None
        assert (mine is EMPTY) == (theirs.index == 0)


def test_NonblockSelectRace() -> None:
    for _ in range(RACES):
        race_of_two(close_second=False)


def test_NonblockSelectRace2() -> None:
    for _ in range(RACES):
        race_of_two(close_second=True)


def offer_and_take(channel: Channel[int], me: int, rounds: int) -> None:
    """Sends its own number and receives from the same channel in one select, the cases in either
    order.
    """
    for number in range(rounds):
        cases: list[Any] = [send(channel, me), channel]
        if me == 1 and number % 2:
            cases.reverse()
        got = select(*cases)
        if got.value is not None and channel.capacity == 0:
            assert got.value != me, "a select received from itself"


@pytest.mark.parametrize("capacity", [0, 10])
def test_SelfSelect(capacity: int) -> None:
    """Each meeting ends a round of both threads when there is no buffer, so neither is left
    alone.
    """
    with Program() as program:
        channel = program.chan(capacity)
        for me in range(2):
            program.go(offer_and_take, channel, me, 1_000)
        program.join()
        assert no_waiters(channel)


N = 400  # 10,000 in the original's short form


def select_out(channels: list[Channel[int]], order: list[int], make_case: Any) -> list[int]:
    """N rounds on each channel by one select; a channel that has had its share is taken out."""
    counts = [0] * len(channels)
    cases: list[Any] = [make_case(channels[number]) for number in order]
    for _ in range(N * len(channels)):
        place = select(*cases).index
        counts[order[place]] += 1
        if counts[order[place]] == N:
            cases[place] = None
    return counts


def test_SelectStress() -> None:
    """Ten threads on four channels: direct and by select, all of them chaotic and none of them left
    over.
    """
    with Program() as program:
        channels = [program.chan(capacity) for capacity in (0, 0, 2, 3)]
        for channel in channels:
            program.go(lambda channel=channel: [channel.send(0) for _ in range(N)])
            program.go(lambda channel=channel: [channel.recv() for _ in range(N)])
        sends = program.go(select_out, channels, [3, 2, 0, 1], lambda channel: send(channel, 0))
        receives = program.go(select_out, channels, [0, 1, 2, 3], lambda channel: channel)
        assert sends.result(WAIT) == receives.result(WAIT) == [N] * 4
        program.join()
        assert all(len(channel) == 0 and no_waiters(channel) for channel in channels)


def choose_in_turn(selected: Any, out: Channel[int], done: Channel[None]) -> None:
    while select(send(out, selected().value), done).index == 0:
        pass


@pytest.mark.parametrize("reusable", [False, True], ids=["select", "Selector"])
def test_SelectFairness(reusable: bool) -> None:
    """Of two channels that always are ready each gets its half, within 10 sigma.

    10,000 trials there, 4,000 here.
    """
    trials = 4_000
    with Program() as program:
        ones, twos = program.chan(trials + 1), program.chan(trials + 1)
        ones.send_many([1] * (trials + 1), timeout=0)
        twos.send_many([2] * (trials + 1), timeout=0)
        cases = [program.chan(), program.chan(), ones, twos]
        out, done = program.chan(), program.chan()
        selector = Selector(cases)
        program.go(
            choose_in_turn, selector.select if reusable else lambda: select(*cases), out, done
        )
        count = [out.recv(timeout=WAIT) for _ in range(trials)].count(1)
        done.close()
        program.join()
        assert abs(count - trials / 2) <= 10 * sqrt(trials / 4)


@pytest.mark.parametrize("capacity", [0, 100])
def test_PseudoRandomSend(capacity: int) -> None:
    """Two sends of different values on one channel: both happen, each at least one time in ten."""
    with Program() as program:
        channel = program.chan(capacity)
        receiver = program.go(lambda: [channel.recv() for _ in range(100)])
        for _ in range(100):
            select(send(channel, 1), send(channel, 0), timeout=WAIT)
        received = receiver.result(WAIT)
        assert received.count(0) > 10 and received.count(1) > 10


def test_SelectDuplicateChannel() -> None:
    """A select that stands twice in one queue leaves it whole when it is woken by another
    channel.
    """
    with Program() as program:
        twice, once, report = program.chan(), program.chan(), program.chan()
        doubled = program.go(lambda: report.send(select(twice, twice, once)))
        until_receivers(once, 1)
        ahead = twice.stats().waiting_receivers
        behind = program.go(twice.recv)
        until_receivers(twice, ahead + 1)
        once.send(7, timeout=WAIT)
        assert report.recv(timeout=WAIT) == (2, 7, True)
        until_receivers(twice, 1)
        twice.send(8, timeout=WAIT)
        assert behind.result(WAIT) == 8
        doubled.join(WAIT)
        assert no_waiters(twice)


def test_SelectStackAdjust() -> None:
    """Objects meant for cases that lose are neither touched nor kept, with the collector running
    meanwhile.
    """
    with Program() as program:
        idle, closing = program.chan(), program.chan()
        single = program.go(lambda: select(send(idle, [42]), closing))
        until_receivers(closing, 1)
        double = program.go(lambda: select(send(idle, [42]), send(idle, [43]), closing, closing))
        until(lambda: closing.stats().waiting_receivers > 1)
        gc.collect()
        closing.close()
        assert single.result(WAIT) == (1, None, False)
        assert double.result(WAIT) in ((2, None, False), (3, None, False))
        assert no_waiters(idle) and len(idle) == 0
        idle.close()
        with pytest.raises(Closed):
            idle.recv()
