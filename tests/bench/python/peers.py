"""Channels and queues from other packages, behind the same operations as those of kinds.py.

A package is imported only when its own contender runs. One that is not there ends the program
with an ImportError, which becomes the reason why it is left out of the report.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from kinds import UNBOUNDED, Capacity, Ends, Kind


def maxsize(capacity: Capacity) -> int:
    """As queues that are modelled on queue.Queue want it."""
    return 0 if capacity is UNBOUNDED else capacity


def two_faced(module: Any) -> Kind:
    """A queue with a face for threads, which is used, and one for asyncio."""

    def open_queue(capacity: Capacity) -> Ends:
        face = module.Queue(maxsize(capacity)).sync_q
        return Ends(face.put, face.get, face.put_nowait, face.get_nowait, face.qsize)

    return Kind(open_queue, (1, 100, UNBOUNDED))


def culsans() -> Kind:
    import culsans

    return two_faced(culsans)


def janus() -> Kind:
    import janus

    return two_faced(janus)


def aiologic() -> Kind:
    import aiologic

    def open_queue(capacity: Capacity) -> Ends:
        made: Any = aiologic.SimpleQueue() if capacity is UNBOUNDED else aiologic.Queue(capacity)
        put, get = made.green_put, made.green_get  # "green": for threads, unless greenlets are asked for
        return Ends(put, get, partial(put, blocking=False), partial(get, blocking=False), made.__len__)

    return Kind(open_queue, (1, 100, UNBOUNDED))


def pygolang() -> Kind:
    """Its channels are all bounded. What does not wait is a select with a default."""
    import golang

    select, default = golang.select, golang.default

    def open_channel(capacity: Capacity) -> Ends:
        made = golang.chan(capacity)
        send, recv = made.send, made.recv
        return Ends(send, recv, lambda value: select((send, value), default),
                    lambda: select(recv, default), made.__len__)

    return Kind(open_channel, (0, 1, 100))


def pysync() -> Kind:
    import pysync

    def open_channel(capacity: Capacity) -> Ends:
        made = pysync.Channel(capacity)
        return Ends(made.send, made.recv, made.try_send, made.try_recv, None)

    return Kind(open_channel, (0, 1, 100, UNBOUNDED))


PEERS: dict[str, Callable[[], Kind]] = {
    "culsans": culsans,
    "aiologic": aiologic,
    "janus": janus,
    "pygolang": pygolang,
    "pysync-nogil": pysync,
}
