"""Go test/chan/select2.go: selects that leave a case behind many times over use no memory for it.

100,000 selects there; 20,000 here, after as many to warm up.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

from go_helpers import WAIT, Program, no_waiters, resident_bytes
from support import SANITIZED
from heartbeat import Channel, select

COUNT = 20_000


def receive_all(program: Program, channel: Channel[Any], idle: Channel[Any]) -> None:
    sender = program.go(channel.send_many, (1 for _ in range(COUNT)))
    for _ in range(COUNT):
        assert select(channel, idle, timeout=WAIT).source is channel
    assert sender.result(WAIT) == COUNT


def test_select2() -> None:
    """A waiter of 50 bytes left on the idle channel by each select would be a million bytes."""
    with Program() as program:
        channel, idle = program.chan(), program.chan()
        receive_all(program, channel, idle)
        gc.collect()
        blocks, resident = sys.getallocatedblocks(), resident_bytes()
        receive_all(program, channel, idle)
        gc.collect()
        assert sys.getallocatedblocks() - blocks < COUNT // 20
        assert SANITIZED or resident_bytes() - resident < COUNT * 50
        assert no_waiters(idle)
