"""Go test/chan/select7.go: a value meets a receiver that throws it away, however either of the two
is phrased.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from go_helpers import WAIT, Program, no_waiters, until_receivers
from heartbeat import Channel, recv, select, send


def recv1(channel: Channel[Any]) -> None:
    channel.recv()


def recv2(channel: Channel[Any]) -> None:
    select(channel)


def recv3(channel: Channel[Any]) -> None:
    idle: Channel[int] = Channel()
    select(recv(channel), recv(idle))


def send1(channel: Channel[Any]) -> None:
    channel.send(1, timeout=WAIT)


def send2(channel: Channel[Any]) -> None:
    select(send(channel, 1), timeout=WAIT)


def send3(channel: Channel[Any]) -> None:
    idle: Channel[int] = Channel()
    assert select(send(channel, 1), send(idle, 1), timeout=WAIT).index == 0


@pytest.mark.parametrize("receive", [recv1, recv2, recv3])
@pytest.mark.parametrize("transmit", [send1, send2, send3])
def test_select7(
    transmit: Callable[[Channel[Any]], None], receive: Callable[[Channel[Any]], None]
) -> None:
    with Program() as program:
        channel = program.chan()
        program.go(receive, channel)
        until_receivers(channel, 1)
        transmit(channel)
        program.join()
        assert no_waiters(channel)
