"""A worker that pulses on an interval, also while it waits for work or for a reader.

    python interval.py --interval 1 --results 3

The work is one function, and says nothing of pulses: a Worker with an interval pulses whenever it
waits. Work comes half as often as a pulse, so two pulses come before every result. Leaving the
`with` stops the worker: it closes its results, then its pulses.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import count

from heartbeat import Source, Worker, WorkerContext, select, tick


def number_the_ticks(ctx: WorkerContext, work: Source[float]) -> None:
    for number in count(1):
        ctx.recv(work)
        ctx.send(number)


def consume(worker: Worker[int], wanted: int, timeout: float) -> bool:
    """Print what comes until `wanted` results came; False: the worker was silent for too long."""
    try:
        while wanted:
            index, value, ok = select(worker.pulses, worker.results, timeout=timeout, biased=True)
            if not ok:
                return False
            print("pulse" if index == 0 else f"result {value}", flush=True)
            wanted -= index
    except TimeoutError:
        return False
    return True


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A worker that pulses on an interval.")
    add = parser.add_argument
    add("--interval", type=float, default=1.0, help="seconds between two pulses (default 1)")
    add("--timeout", type=float, help="seconds of silence to bear (default: two intervals)")
    add("--results", type=int, default=3, help="how many results to take (default 3)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    work = tick(2 * options.interval)
    with Worker(lambda ctx: number_the_ticks(ctx, work), interval=options.interval) as worker:
        healthy = consume(worker, options.results, options.timeout or 2 * options.interval)
    if not healthy:
        print("worker is not healthy!")
        return 1
    closed = worker.pulses.closed, worker.results.closed
    print(f"{worker.state}: pulses closed {closed[0]}, results closed {closed[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
