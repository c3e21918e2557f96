"""One call after the other on one thread, nobody waiting: what each operation costs alone.

What takes values out finds as many as it takes, unless the name says `empty`.
"""

from __future__ import annotations

from itertools import repeat

import heartbeat

from kinds import UNBOUNDED, Ends, Kind
from timing import Benchmark, Call, call, nanoseconds_each


# ---- what channels and queues have ----


def putting(kind: Kind, pick: str) -> Benchmark:
    def benchmark(count: int) -> float:
        put = getattr(kind.open(UNBOUNDED), pick)

        def work() -> None:
            for _ in repeat(None, count):
                put(None)

        return nanoseconds_each(count, work)

    return benchmark


def filled(kind: Kind, count: int) -> Ends:
    ends = kind.open(UNBOUNDED)
    for _ in repeat(None, count):
        ends.put(None)
    return ends


def getting(kind: Kind, pick: str) -> Benchmark:
    return lambda count: call(lambda: getattr(filled(kind, count), pick))(count)


def sizing(kind: Kind) -> dict[str, Benchmark]:
    size = kind.open(kind.roomiest).size
    return {"len": call(lambda: size)} if size else {}


def scenarios(kind: Kind) -> dict[str, Benchmark]:
    """Sends and receives of those that take as many values as come."""
    if UNBOUNDED not in kind.capacities:
        return sizing(kind)
    return {
        "send": putting(kind, "put"), "recv": getting(kind, "get"),
        "try_send": putting(kind, "try_put"), "try_recv": getting(kind, "try_get"),
        **sizing(kind),
    }


# ---- what channels have, and what is no method ----


def closed_channel() -> heartbeat.Channel[None]:
    channel: heartbeat.Channel[None] = heartbeat.Channel()
    channel.close()
    return channel


def closed(count: int) -> float:
    channel = closed_channel()

    def work() -> None:
        for _ in repeat(None, count):
            channel.closed

    return nanoseconds_each(count, work)


def poll_closed(count: int) -> float:
    channel, poll = closed_channel(), heartbeat.try_select

    def work() -> None:
        for _ in repeat(None, count):
            poll(channel)

    return nanoseconds_each(count, work)


def length(count: int) -> float:
    channel: heartbeat.Channel[None] = heartbeat.Channel()

    def work() -> None:
        for _ in repeat(None, count):
            len(channel)

    return nanoseconds_each(count, work)


def channel_method(name: str) -> Benchmark:
    return call(lambda: getattr(heartbeat.Channel(), name))


def empty_method() -> Call:
    """Looks at one float and returns it: what any call of a method written in C costs."""
    return (1.0).conjugate


CALLS: dict[str, dict[str, Benchmark]] = {
    "heartbeat": {
        "try_recv_empty": channel_method("try_recv"),
        "closed": closed,
        "poll_closed": poll_closed,
        "len": length,
        "now": call(lambda: heartbeat.now),
    },
    "C method": dict.fromkeys(
        ("send", "recv", "try_send", "try_recv", "try_recv_empty", "closed", "poll_closed", "len", "now"),
        call(empty_method)),
}
