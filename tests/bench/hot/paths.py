"""paths.py [<path> <count>]: as paths.c beside it, for what is called from Python.

Nothing here waits, chance is seeded, and the collector is off. The methods are bound beforehand, so
that a path is calls and the loop around them.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from itertools import repeat
from typing import Any

import heartbeat


def send_recv(count: int) -> None:
    channel: heartbeat.Channel[Any] = heartbeat.Channel(8)
    send, recv = channel.send, channel.recv
    for _ in repeat(None, count):
        send(None)
        recv()


def try_send_try_recv(count: int) -> None:
    channel: heartbeat.Channel[Any] = heartbeat.Channel(8)
    try_send, try_recv = channel.try_send, channel.try_recv
    for _ in repeat(None, count):
        try_send(None)
        try_recv()


def select_2(count: int) -> None:
    """A value into one of two channels, and a select that finds it."""
    idle: heartbeat.Channel[Any] = heartbeat.Channel(1)
    ready: heartbeat.Channel[Any] = heartbeat.Channel(1)
    send, select = ready.send, heartbeat.select
    for _ in repeat(None, count):
        send(None)
        select(idle, ready)


def pulse(count: int) -> None:
    one = heartbeat.Heartbeat().pulse
    for _ in repeat(None, count):
        one()


def look(count: int) -> None:
    """How many values a channel holds, and whether it is closed."""
    channel: heartbeat.Channel[Any] = heartbeat.Channel(8)
    for _ in repeat(None, count):
        len(channel)
        channel.closed


PATHS: dict[str, Callable[[int], None]] = {
    path.__name__: path for path in (send_recv, try_send_try_recv, select_2, pulse, look)
}


def main(*arguments: str) -> None:
    if not arguments:
        print("\n".join(PATHS))
        return
    name, count = arguments
    gc.disable()
    heartbeat.seed(1)
    PATHS[name](int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
