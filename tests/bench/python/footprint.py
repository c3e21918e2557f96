"""How much memory one more of each takes, resident, while very many are there."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable

import heartbeat

from many import Many, resident_bytes
from timing import Benchmark, Call

KIB = 1024


def bytes_of(make: Call) -> Benchmark:
    return Many(lambda: make).bytes_each


def kib_of_waiting(start: Callable[[int], Callable[[], None]]) -> Benchmark:
    """`start` returns when so many wait; what it returned lets them end."""

    def benchmark(count: int) -> float:
        before = resident_bytes()
        end = start(count)
        used = resident_bytes() - before
        end()
        return used / count / KIB

    return benchmark


def waiting_workers(count: int) -> Callable[[], None]:
    jobs: heartbeat.Channel[None] = heartbeat.Channel()
    done: heartbeat.Channel[None] = heartbeat.Channel()
    workers = [heartbeat.Worker(lambda ctx: ctx.recv(jobs), done=done).start() for _ in range(count)]
    while jobs.stats().waiting_receivers < count:
        time.sleep(0.01)

    def end() -> None:
        done.close()
        for worker in workers:
            worker.join()

    return end


def waiting_threads(count: int) -> Callable[[], None]:
    """Each is about to wait when it says so; a moment later it does."""
    jobs: queue.SimpleQueue[None] = queue.SimpleQueue()
    ready: queue.SimpleQueue[None] = queue.SimpleQueue()

    def serve() -> None:
        ready.put(None)
        jobs.get()

    threads = [threading.Thread(target=serve) for _ in range(count)]
    for thread in threads:
        thread.start()
        ready.get()
    time.sleep(0.1)

    def end() -> None:
        for _ in threads:
            jobs.put(None)
        for thread in threads:
            thread.join()

    return end


FOOTPRINT: dict[str, dict[str, Benchmark]] = {
    "heartbeat": {
        "channel_bytes": bytes_of(heartbeat.Channel),
        "beat_bytes": bytes_of(heartbeat.Heartbeat),
        "idle_worker_kib": kib_of_waiting(waiting_workers),
    },
    "queue.Queue": {"channel_bytes": bytes_of(queue.Queue)},
    "queue.SimpleQueue": {"channel_bytes": bytes_of(queue.SimpleQueue)},
    "asyncio.Queue": {"channel_bytes": bytes_of(asyncio.Queue)},
    "threading.Event": {"beat_bytes": bytes_of(threading.Event)},
    "threading.Thread": {"idle_worker_kib": kib_of_waiting(waiting_threads)},
}
