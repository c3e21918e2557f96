"""Go test/chan/perm.go: which operations are allowed on what.

The original is about a compiler that knows send-only and receive-only channel types. Here
directions are not types: what remains is that timers and tasks can only be received from, and that
a number is no channel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import heartbeat
import pytest
from go_helpers import WAIT
from heartbeat import Channel

RECEIVE_ONLY: dict[str, Callable[[], Any]] = {
    "timer": lambda: heartbeat.Timer(3600),
    "after_func": lambda: heartbeat.after_func(3600, print),
    "ticker": lambda: heartbeat.Ticker(3600),
    "task": lambda: heartbeat.go(int),
}
NO_CHANNEL = [0, "channel", 1.5, ..., Channel]


def test_both_directions() -> None:
    channel: Channel[int] = Channel(1)
    assert heartbeat.select(heartbeat.send(channel, 0), timeout=0).ok
    assert heartbeat.select(heartbeat.recv(channel), timeout=0) == (0, 0, True)
    channel.send(1, timeout=0)
    assert channel.recv(timeout=0) == 1
    assert channel.close() is True


@pytest.mark.parametrize("make", RECEIVE_ONLY.values(), ids=RECEIVE_ONLY.keys())
def test_no_send_to_receive_only(make: Callable[[], Any]) -> None:
    source = make()
    with pytest.raises(TypeError):
        heartbeat.send(source, 0)
    assert not hasattr(source, "send") and not hasattr(source, "close")
    if isinstance(source, heartbeat.Task):
        source.join(WAIT)
    else:
        source.stop()


@pytest.mark.parametrize("thing", NO_CHANNEL, ids=repr)
def test_receive_from_non_channel(thing: Any) -> None:
    with pytest.raises(TypeError):
        heartbeat.recv(thing)


@pytest.mark.parametrize("thing", NO_CHANNEL, ids=repr)
def test_send_to_non_channel(thing: Any) -> None:
    with pytest.raises(TypeError):
        heartbeat.send(thing, 2)


@pytest.mark.parametrize("thing", NO_CHANNEL, ids=repr)
def test_select_on_non_channel(thing: Any) -> None:
    """The whole select is refused, before the good case beside it can happen; the message names the
    bad case.
    """
    channel: Channel[int] = Channel(1)
    with pytest.raises(TypeError, match="case 1"):
        heartbeat.select(heartbeat.send(channel, 1), thing, timeout=WAIT)
    with pytest.raises(TypeError, match="case 1"):
        heartbeat.try_select(heartbeat.send(channel, 1), thing)
    assert len(channel) == 0
