"""asyncio.Queue: between two tasks of one loop, and between loops on two threads.

Only the loop's own thread may touch its queue. So a thread that has something for another one's
loop asks it to put the value into the queue, which is what call_soon_threadsafe is for.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from itertools import repeat
from typing import Any

from kinds import UNBOUNDED, Capacity, label
from throughput import FLOWS
from timing import Benchmark, nanoseconds_each, run_side_by_side

Queue = asyncio.Queue[Any]
CAPACITIES = (1, 100, UNBOUNDED)


def open_queue(capacity: Capacity) -> Queue:
    return asyncio.Queue(capacity or 0)


# ---- tasks of one loop ----


async def put_all(queue: Queue, count: int) -> None:
    for _ in repeat(None, count):
        await queue.put(None)


async def get_all(queue: Queue, count: int) -> None:
    for _ in repeat(None, count):
        await queue.get()


async def put_get(count: int) -> None:
    queue = open_queue(UNBOUNDED)
    for _ in repeat(None, count):
        await queue.put(None)
        await queue.get()


async def put_get_nowait(count: int) -> None:
    queue = open_queue(UNBOUNDED)
    put, get = queue.put_nowait, queue.get_nowait
    for _ in repeat(None, count):
        put(None)
        get()


async def ping_pong(capacity: Capacity, count: int) -> None:
    there, back = open_queue(capacity), open_queue(capacity)

    async def pong() -> None:
        for _ in repeat(None, count):
            await there.get()
            await back.put(None)

    async def ping() -> None:
        for _ in repeat(None, count):
            await there.put(None)
            await back.get()

    await asyncio.gather(pong(), ping())


async def flow(capacity: Capacity, senders: int, receivers: int, count: int) -> None:
    queue = open_queue(capacity)
    await asyncio.gather(*(put_all(queue, count // senders) for _ in range(senders)),
                         *(get_all(queue, count // receivers) for _ in range(receivers)))


def timed(work: Callable[[int], Coroutine[Any, Any, None]]) -> Benchmark:
    return lambda count: nanoseconds_each(count, lambda: asyncio.run(work(count)))


def of_tasks() -> dict[str, Benchmark]:
    round_trips = {f"ping_pong-{label(c)}": timed(partial(ping_pong, c)) for c in (1, UNBOUNDED)}
    flows = {f"{name}-{label(c)}": timed(partial(flow, c, *ends))
             for name, ends in FLOWS.items() for c in CAPACITIES}
    return {"send_recv": timed(put_get), "try_send_try_recv": timed(put_get_nowait), **round_trips, **flows}


# ---- loops on two threads ----


class Inbox:
    """A queue and its loop; `is_open` once there is a loop that takes calls."""

    def __init__(self) -> None:
        self.queue = open_queue(UNBOUNDED)
        self.is_open = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.is_open.set()

    def putter(self) -> Callable[[], object]:
        """Puts a value from any thread."""
        self.is_open.wait()
        assert self.loop
        return partial(self.loop.call_soon_threadsafe, self.queue.put_nowait, None)


async def serve(mine: Inbox, other: Inbox, count: int) -> None:
    mine.open()
    answer = other.putter()
    for _ in repeat(None, count):
        await mine.queue.get()
        answer()


async def ask(mine: Inbox, other: Inbox, count: int) -> None:
    mine.open()
    question = other.putter()
    for _ in repeat(None, count):
        question()
        await mine.queue.get()


def ping_pong_of_threads(count: int) -> float:
    here, there = Inbox(), Inbox()
    works = (lambda: asyncio.run(serve(there, here, count)), lambda: asyncio.run(ask(here, there, count)))
    return nanoseconds_each(count, lambda: run_side_by_side(*works))


async def receive(inbox: Inbox, count: int) -> None:
    inbox.open()
    await get_all(inbox.queue, count)


def send(inbox: Inbox, count: int) -> None:
    put = inbox.putter()
    for _ in repeat(None, count):
        put()


def flow_of_threads(senders: int, count: int) -> float:
    inbox = Inbox()
    works = [partial(send, inbox, count // senders)] * senders
    return nanoseconds_each(
        count, lambda: run_side_by_side(*works, lambda: asyncio.run(receive(inbox, count))))


LOOPS: dict[str, dict[str, Benchmark]] = {
    "asyncio.Queue": of_tasks(),
    "asyncio, two threads": {
        "ping_pong-unbounded": ping_pong_of_threads,
        "one_to_one-unbounded": partial(flow_of_threads, 1),
        "four_to_one-unbounded": partial(flow_of_threads, 4),
    },
}
