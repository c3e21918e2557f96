"""How long after its instant a tick is received, or a function called, on a machine with nothing else to do.

Here the count is how many ticks, five milliseconds apart. Those who have no ticks are told anew
each time what is next.
"""

from __future__ import annotations

import asyncio
import sched
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import islice

import heartbeat

from timing import Benchmark

PERIOD = 0.005  # seconds

Latencies = list[float]  # seconds


def of_ticker(count: int) -> Latencies:
    late: Latencies = []
    for due in islice(heartbeat.tick(PERIOD), count):
        late.append(heartbeat.now() - due)
    return late


def of_thread(count: int) -> Latencies:
    late: Latencies = []
    for _ in range(count):
        due = time.monotonic() + PERIOD
        timer = threading.Timer(PERIOD, lambda due=due: late.append(time.monotonic() - due))
        timer.start()
        timer.join()
    return late


def of_loop(count: int) -> Latencies:
    loop = asyncio.new_event_loop()
    late: Latencies = []

    def tick(due: float) -> None:
        late.append(loop.time() - due)
        if len(late) < count:
            loop.call_at(due + PERIOD, tick, due + PERIOD)
        else:
            loop.stop()

    first = loop.time() + PERIOD
    loop.call_at(first, tick, first)
    loop.run_forever()
    loop.close()
    return late


def of_sched(count: int) -> Latencies:
    scheduler = sched.scheduler(time.monotonic, time.sleep)
    late: Latencies = []
    started = time.monotonic()
    for due in (started + PERIOD * i for i in range(1, count + 1)):
        scheduler.enterabs(due, 0, lambda due: late.append(time.monotonic() - due), (due,))
    scheduler.run()
    return late


def percentile(measure: Callable[[int], Latencies], share: float, count: int) -> float:
    """Microseconds by which no more than the other ones were late."""
    late = sorted(measure(count))
    return late[min(int(share * count), count - 1)] * 1e6


def scenarios(measure: Callable[[int], Latencies]) -> dict[str, Benchmark]:
    return {f"tick_late-p{percent}_us": partial(percentile, measure, percent / 100) for percent in (50, 99)}


LATENESS: dict[str, dict[str, Benchmark]] = {
    "heartbeat": scenarios(of_ticker),
    "threading.Timer": scenarios(of_thread),
    "asyncio.call_later": scenarios(of_loop),
    "sched": scenarios(of_sched),
}
