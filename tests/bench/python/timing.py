"""How a benchmark in Python is timed, and run on several threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import repeat
from typing import Any

Benchmark = Callable[[int], float]  # takes a count, returns its figure
Call = Callable[[], Any]


def nanoseconds_each(count: int, work: Callable[[], object]) -> float:
    """How long one of the `count` operations that `work` does takes."""
    started = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - started) / count


def call(make: Callable[[], Call]) -> Benchmark:
    """Calls what `make` returns, over and over on one thread."""

    def benchmark(count: int) -> float:
        one = make()

        def work() -> None:
            for _ in repeat(None, count):
                one()

        return nanoseconds_each(count, work)

    return benchmark


def run_side_by_side(*works: Callable[[], object]) -> None:
    """The last one on this thread, the others each on a thread of its own."""
    threads = [threading.Thread(target=work) for work in works[:-1]]
    for thread in threads:
        thread.start()
    works[-1]()
    for thread in threads:
        thread.join()
