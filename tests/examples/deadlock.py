"""A worker that deadlocks, is noticed, explained and replaced, so that all of the work is done.

    python deadlock.py --timeout 1

The worker notes every tenth number on a channel that nobody reads: after number 10 it blocks for
ever. It cannot say so. But it pulses before every unit of its work, and the monitor, which hears
nothing for the length of the timeout, says what the worker is blocked on and since when. The
program stops it, and a new worker goes on with the number after the last that was printed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress

from heartbeat import Channel, Closed, Health, Monitor, Worker, WorkerContext, nil, select


class Counter:
    """Counts from `first` up to `end`; the first of its kind has a flaw."""

    def __init__(self, first: int, end: int, notes: Channel[int]) -> None:
        self.first, self.end, self.notes = first, end, notes

    def work(self, ctx: WorkerContext) -> None:
        for number in range(self.first, self.end):
            ctx.send(number)
            if number and number % 10 == 0 and self.notes is not nil:
                with suppress(Closed):
                    self.notes.send(number)  # nothing pulses here, and nothing reads there


def follow(worker: Worker[int], monitor: Monitor, printed: list[int]) -> Health | None:
    """Print results until they end (None), or until the worker is not healthy."""
    while True:
        heard = select(worker.results, monitor, biased=True).value
        if isinstance(heard, Health):
            return None if heard.cause == "exited" else heard
        if heard is None:  # the results have ended
            return None
        printed.append(heard)
        print(heard, flush=True)


def count(numbers: int, timeout: float) -> list[int]:
    """Print all numbers, by as many workers as it takes."""
    printed: list[int] = []
    notes: Channel[int] = Channel(name="notes")  # the flaw: it has no reader
    while True:
        counter = Counter(len(printed), numbers, notes)
        worker: Worker[int] = Worker(counter.work, timeout=timeout, name="counter")
        with worker, Monitor(worker) as monitor:
            health = follow(worker, monitor, printed)
            if health is None:
                return printed
            print(f"healthy: {health.healthy}: {health.cause}: {health.where}", flush=True)
            worker.stop()
            notes.close()  # a thread cannot be killed; but what it waits for can be ended
        notes = nil


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Notice a deadlocked worker, and replace it.")
    add = parser.add_argument
    add("--timeout", type=float, default=1.0, help="seconds of silence to bear (default 1)")
    add("--numbers", type=int, default=100, help="how many numbers to print (default 100)")
    options = parser.parse_args(argv)
    printed = count(options.numbers, options.timeout)
    complete = printed == list(range(options.numbers))
    print(f"{len(printed)} of {options.numbers} numbers, each once: {complete}")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
