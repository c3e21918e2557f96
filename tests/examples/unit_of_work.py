"""A worker that pulses before every unit of its work.

    python unit_of_work.py --interval 0.2

A generator is a worker: each value it yields is a result, each step to the next a unit of
work, and without an interval there is one pulse before every unit. The first pulse is kept for
whoever asks later. That makes code that uses threads easy to test: wait for the first pulse, which
says that the worker has begun, then take its results until they end. No timeout, no sleep, nothing
to guess.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence

from heartbeat import Worker, WorkerContext, select

UNITS = 10


def squares(numbers: Iterable[int], seconds: float = 0.0) -> Worker[int]:
    """A worker that squares `numbers`, `seconds` each."""

    def work(ctx: WorkerContext) -> Iterator[int]:
        for number in numbers:
            ctx.sleep(seconds)
            yield number * number

    return Worker(work, name="squares")


def consume(worker: Worker[int]) -> None:
    while True:
        index, value, ok = select(worker.pulses, worker.results, biased=True)
        if not ok:
            return
        print("pulse" if index == 0 else f"result {value}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A worker that pulses before every unit of work.")
    parser.add_argument(
        "--interval", type=float, default=0.2, help="seconds a unit takes (default 0.2)"
    )
    options = parser.parse_args(argv)
    with squares(range(1, UNITS + 1), options.interval) as worker:
        consume(worker)
    return 0


if __name__ == "__main__":
    sys.exit(main())
