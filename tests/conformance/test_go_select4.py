"""Go test/chan/select4.go: a select goes on with the value that is ready and leaves the idle case
alone.
"""

from __future__ import annotations

import pytest
from go_helpers import WAIT, no_waiters
from heartbeat import Channel, select


@pytest.mark.parametrize("biased", [False, True])
def test_select4(biased: bool) -> None:
    """The original also checks that the idle case's assignment is not evaluated; there is no such
    syntax here.
    """
    ready: Channel[int] = Channel(1)
    idle: Channel[int] = Channel()
    ready.send(42, timeout=0)
    got = select(idle, ready, timeout=WAIT, biased=biased)
    assert got == (1, 42, True)
    assert got.source is ready
    assert no_waiters(idle)
