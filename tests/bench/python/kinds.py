"""The channels and queues that are compared, behind the same four operations."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import heartbeat

UNBOUNDED = None
Capacity = int | None


@dataclass(frozen=True)
class Ends:
    """One channel or queue: its bound methods, so that nothing of ours is timed."""

    put: Callable[[Any], Any]
    get: Callable[[], Any]
    try_put: Callable[[Any], Any]
    try_get: Callable[[], Any]
    size: Callable[[], int] | None  # how many values are in it, where that can be asked


@dataclass(frozen=True)
class Kind:
    open: Callable[[Capacity], Ends]
    capacities: tuple[Capacity, ...]  # those of the scenarios that it can have, the roomiest last

    @property
    def roomiest(self) -> Capacity:
        return self.capacities[-1]


def open_channel(capacity: Capacity) -> Ends:
    channel: heartbeat.Channel[Any] = heartbeat.Channel(capacity)
    return Ends(channel.send, channel.recv, channel.try_send, channel.try_recv, channel.__len__)


def open_queue(capacity: Capacity) -> Ends:
    made: queue.Queue[Any] = queue.Queue(0 if capacity is UNBOUNDED else capacity)
    return Ends(made.put, made.get, made.put_nowait, made.get_nowait, made.qsize)


def open_simple_queue(_: Capacity) -> Ends:
    made: queue.SimpleQueue[Any] = queue.SimpleQueue()
    return Ends(made.put, made.get, made.put_nowait, made.get_nowait, made.qsize)


KINDS = {
    "heartbeat": Kind(open_channel, (0, 1, 100, UNBOUNDED)),
    "queue.Queue": Kind(open_queue, (1, 100, UNBOUNDED)),
    "queue.SimpleQueue": Kind(open_simple_queue, (UNBOUNDED,)),
}


def label(capacity: Capacity) -> str:
    return "unbounded" if capacity is UNBOUNDED else str(capacity)
