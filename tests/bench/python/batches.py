"""Many values in one call, which queues do not have: what one value costs then."""

from __future__ import annotations

from functools import partial

import heartbeat

from timing import Benchmark, nanoseconds_each, run_side_by_side

BATCH = 100


def batches_of(count: int) -> list[list[int]]:
    """At least one batch, and all full but the last."""
    whole, rest = divmod(count, BATCH)
    return [list(range(BATCH))] * whole + ([list(range(rest))] if rest else [])


def fill_and_drain(count: int) -> float:
    """One thread sends a batch and receives it again."""
    channel: heartbeat.Channel[int] = heartbeat.Channel(BATCH)
    batches = batches_of(count)

    def work() -> None:
        for batch in batches:
            channel.send_many(batch)
            channel.recv_many(BATCH)

    return nanoseconds_each(count, work)


def send(channel: heartbeat.Channel[int], batches: list[list[int]]) -> None:
    for batch in batches:
        channel.send_many(batch)


def receive(channel: heartbeat.Channel[int], count: int) -> None:
    while count > 0:
        count -= len(channel.recv_many(BATCH))


def one_to_one(count: int) -> float:
    """One thread sends batches, another receives as many values as it can."""
    channel: heartbeat.Channel[int] = heartbeat.Channel(BATCH)
    ends = partial(send, channel, batches_of(count)), partial(receive, channel, count)
    return nanoseconds_each(count, lambda: run_side_by_side(*ends))


def scenarios() -> dict[str, Benchmark]:
    return {"send_many_recv_many": fill_and_drain, "one_to_one-many": one_to_one}
