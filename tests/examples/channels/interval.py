"""A worker that pulses on an interval, also while nobody takes its result.

    python interval.py --interval 1 --results 3

The worker listens to two tickers: one says when to pulse, one, half as fast, when there is work. So
two pulses come before every result. A pulse never waits: it is dropped when the one before it has
not been taken yet. Closing `done` ends the worker, and the worker closes both of its channels when
it leaves.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from heartbeat import Channel, Source, go, select, send, tick


@dataclass
class Worker:
    """What the worker listens to, and the two channels it speaks on."""

    done: Source[None]
    pulse: Source[float]
    work: Source[float]
    pulses: Channel[None] = field(default_factory=lambda: Channel(1))
    results: Channel[int] = field(default_factory=Channel)

    def run(self) -> None:
        try:
            number = 1
            while self.wait_for_work() and self.hand_over(number):
                number += 1
        finally:
            self.pulses.close()
            self.results.close()

    def wait_for_work(self) -> bool:
        """Pulse until there is work (True) or the worker is told to end (False)."""
        while (index := select(self.done, self.pulse, self.work, biased=True).index) == 1:
            self.pulses.try_send(None)
        return index == 2

    def hand_over(self, number: int) -> bool:
        """Pulse until the result is taken (True) or the worker is told to end (False)."""
        while (
            index := select(self.done, self.pulse, send(self.results, number), biased=True).index
        ) == 1:
            self.pulses.try_send(None)
        return index == 2


def consume(worker: Worker, wanted: int, timeout: float) -> bool:
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
    parser.add_argument(
        "--interval", type=float, default=1.0, help="seconds between two pulses (default 1)"
    )
    parser.add_argument(
        "--timeout", type=float, help="seconds of silence to bear (default: two intervals)"
    )
    parser.add_argument(
        "--results", type=int, default=3, help="how many results to take (default 3)"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    done: Channel[None] = Channel()
    worker = Worker(done, tick(options.interval), tick(2 * options.interval))
    task = go(worker.run)
    healthy = consume(worker, options.results, options.timeout or 2 * options.interval)
    done.close()
    if not healthy:
        print("worker is not healthy!")
        return 1
    task.result()
    print(f"done: pulses closed {worker.pulses.closed}, results closed {worker.results.closed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
