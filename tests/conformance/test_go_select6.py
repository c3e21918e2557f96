"""Go test/chan/select6.go, issue 2075: a losing case leaves its channel's queue of waiters in
order.

The select stands last in the queue of a channel on which others wait too; when it goes, those who
queue up later must still be reached.
"""

from __future__ import annotations

from typing import Any

import pytest
from go_helpers import WAIT, Program, no_waiters, until_receivers
from heartbeat import Channel, select


def lose_then_receive(contested: Channel[Any], winning: Channel[Any], report: Channel[Any]) -> Any:
    assert select(contested, winning).source is winning
    report.send(True)
    return contested.recv()


@pytest.mark.parametrize("ahead", [0, 1, 3])
@pytest.mark.parametrize("behind", [0, 1, 3])
def test_select6(ahead: int, behind: int) -> None:
    """The original has one receiver ahead of the select and none behind it; the other places are as
    easy to get wrong.
    """
    with Program() as program:
        contested, winning, report = program.chan(), program.chan(), program.chan()
        front = [program.go(contested.recv) for _ in range(ahead)]
        until_receivers(contested, ahead)
        loser = program.go(lose_then_receive, contested, winning, report)
        until_receivers(contested, ahead + 1)
        back = [program.go(contested.recv) for _ in range(behind)]
        until_receivers(contested, ahead + behind + 1)
        winning.send(True, timeout=WAIT)
        assert report.recv(timeout=WAIT) is True
        until_receivers(contested, ahead + behind + 1)
        for number in range(ahead + behind + 1):
            contested.send(number, timeout=WAIT)
        got = [task.result(WAIT) for task in [*front, *back, loser]]
        assert sorted(got[:ahead]) == list(range(ahead))
        assert sorted(got[ahead:-1]) == list(range(ahead, ahead + behind))
        assert got[-1] == ahead + behind
        assert no_waiters(contested)
