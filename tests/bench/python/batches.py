"""Many values in one call, which queues do not have: what one value costs then."""

from __future__ import annotations

from functools import partial

import heartbeat

from kinds import UNBOUNDED, Capacity, label
from throughput import FLOWS
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
    """No more than its share, so that there is enough for the others."""
    while count > 0:
        count -= len(channel.recv_many(min(BATCH, count)))


def messages(flow: tuple[int, int], capacity: Capacity, count: int) -> float:
    """Some threads send batches, others receive as many values as they can."""
    channel: heartbeat.Channel[int] = heartbeat.Channel(capacity)
    n_senders, n_receivers = flow
    senders = [partial(send, channel, batches_of(count // n_senders))] * n_senders
    receivers = [partial(receive, channel, count // n_receivers)] * n_receivers
    return nanoseconds_each(count, lambda: run_side_by_side(*senders, *receivers))


def scenarios() -> dict[str, Benchmark]:
    return {
        "send_many_recv_many": fill_and_drain,
        **{
            f"{name}-many-{label(capacity)}": partial(messages, flow, capacity)
            for name, flow in FLOWS.items()
            for capacity in (BATCH, UNBOUNDED)
        },
    }
