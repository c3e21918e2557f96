"""Workers beside plain threads: starting one, a job and its result, and what many cost that wait.

For the last the count is how many milliseconds to look on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import repeat
from queue import SimpleQueue

import heartbeat

from timing import Benchmark, nanoseconds_each

MANY = 1000


# ---- starting one, and waiting for its end ----


def nothing() -> None:
    pass


def start_worker(count: int) -> float:
    def work() -> None:
        for _ in repeat(None, count):
            heartbeat.Worker(nothing).start().join()

    return nanoseconds_each(count, work)


def start_thread(count: int) -> float:
    def work() -> None:
        for _ in repeat(None, count):
            thread = threading.Thread(target=nothing)
            thread.start()
            thread.join()

    return nanoseconds_each(count, work)


# ---- a job, and its result ----


def job_of_worker(interval: float | None) -> Benchmark:
    def benchmark(count: int) -> float:
        jobs: heartbeat.Channel[int] = heartbeat.Channel()

        def serve(ctx: heartbeat.WorkerContext) -> None:
            while True:
                ctx.send(ctx.recv(jobs))

        with heartbeat.Worker(serve, interval=interval) as worker:
            send, recv = jobs.send, worker.recv

            def ask() -> None:
                for i in repeat(1, count):
                    send(i)
                    recv()

            return nanoseconds_each(count, ask)

    return benchmark


def job_of_thread(count: int) -> float:
    jobs: SimpleQueue[int] = SimpleQueue()
    results: SimpleQueue[int] = SimpleQueue()

    def serve() -> None:
        for _ in repeat(None, count):
            results.put(jobs.get())

    def ask() -> None:
        for i in repeat(1, count):
            jobs.put(i)
            results.get()

    thread = threading.Thread(target=serve)
    thread.start()
    taken = nanoseconds_each(count, ask)
    thread.join()
    return taken


# ---- results without jobs ----


def results_of_worker(count: int) -> float:
    def generate() -> Iterator[int]:
        yield from repeat(1, count)

    def take() -> None:
        for _ in heartbeat.Worker(generate, results=None).start():
            pass

    return nanoseconds_each(count, take)


def results_of_thread(count: int) -> float:
    results: SimpleQueue[int] = SimpleQueue()

    def generate() -> None:
        for i in repeat(1, count):
            results.put(i)

    def take() -> None:
        thread = threading.Thread(target=generate)
        thread.start()
        for _ in repeat(None, count):
            results.get()
        thread.join()

    return nanoseconds_each(count, take)


# ---- many that wait ----


def idle(interval: float | None) -> Benchmark:
    """CPU microseconds of the process while a thousand workers wait for jobs."""

    def benchmark(milliseconds: int) -> float:
        jobs: heartbeat.Channel[int] = heartbeat.Channel()
        done: heartbeat.Channel[None] = heartbeat.Channel()
        workers = [heartbeat.Worker(lambda ctx: ctx.recv(jobs), interval=interval, done=done).start()
                   for _ in range(MANY)]
        while jobs.stats().waiting_receivers < MANY:
            time.sleep(0.01)
        before = time.process_time()
        time.sleep(milliseconds / 1000)
        used = time.process_time() - before
        done.close()
        for worker in workers:
            worker.join()
        return used * 1e6

    return benchmark


WORKERS: dict[str, dict[str, Benchmark]] = {
    "heartbeat": {
        "start_join": start_worker,
        "job": job_of_worker(None),
        "job_on_interval": job_of_worker(0.01),
        "generated": results_of_worker,
        "idle_workers-cpu_us": idle(None),
        "pulsing_workers-cpu_us": idle(1.0),
    },
    "threading.Thread": {
        "start_join": start_thread,
        "job": job_of_thread,
        "generated": results_of_thread,
    },
}
