"""A value to another process and one back, through what multiprocessing has for it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from itertools import repeat
from typing import Any

from timing import Benchmark, nanoseconds_each

Ends = tuple[Callable[[Any], Any], Callable[[], Any]]  # put, get


def serve(put: Callable[[Any], Any], get: Callable[[], Any], count: int) -> None:
    for _ in repeat(None, count + 1):
        get()
        put(None)


def queues() -> tuple[Ends, Ends]:
    there: multiprocessing.SimpleQueue[None] = multiprocessing.SimpleQueue()
    back: multiprocessing.SimpleQueue[None] = multiprocessing.SimpleQueue()
    return (there.put, back.get), (back.put, there.get)


def pipes() -> tuple[Ends, Ends]:
    ours, theirs = multiprocessing.Pipe()
    return (ours.send, ours.recv), (theirs.send, theirs.recv)


def ping_pong(make: Callable[[], tuple[Ends, Ends]]) -> Benchmark:
    def benchmark(count: int) -> float:
        (put, get), theirs = make()
        process = multiprocessing.Process(target=serve, args=(*theirs, count))
        process.start()

        def ask() -> None:
            for _ in repeat(None, count):
                put(None)
                get()

        put(None)
        get()  # the other one runs now
        taken = nanoseconds_each(count, ask)
        process.join()
        return taken

    return benchmark


PROCESSES: dict[str, dict[str, Benchmark]] = {
    "multiprocessing.SimpleQueue": {"ping_pong-unbounded": ping_pong(queues)},
    "multiprocessing.Pipe": {"ping_pong-unbounded": ping_pong(pipes)},
}
