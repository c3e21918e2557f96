"""Go test/chan/goroutines.go: a long line of threads, threaded together by channels, comes down
cleanly.

Goroutines are cheap and threads are not: 10,000 links there, 200 here.
"""

from __future__ import annotations

from typing import Any

import pytest
from go_helpers import DTYPES, WAIT, Program
from heartbeat import Channel

LINKS = 200


def pass_on(left: Channel[Any], right: Channel[Any]) -> None:
    left.send(right.recv() + 1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_goroutines(dtype: str | None) -> None:
    """Every link adds one, so that the number that arrives says how many links it went through."""
    with Program() as program:
        leftmost = left = program.chan(0, dtype)
        for _ in range(LINKS):
            right = program.chan(0, dtype)
            program.go(pass_on, left, right)
            left = right
        program.go(left.send, 0)
        assert leftmost.recv(timeout=WAIT) == LINKS
        program.join()
