"""A worker that pulses before every unit of its work.

    python unit_of_work.py --interval 0.2

The pulse lies in a channel with one place, so the worker never waits for a listener, and the first
pulse is kept for whoever asks later. That makes code that uses threads easy to test: wait for the
first pulse, which says that the worker has begun, then take its results until they end. No timeout,
no sleep, nothing to guess.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence

from heartbeat import Channel, Source, after, go, select, send

UNITS = 10


def do_work(
    done: Source[None], numbers: Iterable[int], seconds: float = 0.0
) -> tuple[Channel[None], Channel[int]]:
    """Square `numbers` in a thread, `seconds` each; returns its pulses and its results."""
    pulses: Channel[None] = Channel(1)
    results: Channel[int] = Channel()
    go(run_units, done, numbers, seconds, pulses, results)
    return pulses, results


def run_units(
    done: Source[None],
    numbers: Iterable[int],
    seconds: float,
    pulses: Channel[None],
    results: Channel[int],
) -> None:
    try:
        for number in numbers:
            pulses.try_send(None)
            if not unit(done, number, seconds, results):
                break
    finally:
        pulses.close()
        results.close()


def unit(done: Source[None], number: int, seconds: float, results: Channel[int]) -> bool:
    """One unit of work: False when the worker was told to end before its result was taken."""
    if select(done, after(seconds), biased=True).index == 0:
        return False
    return select(done, send(results, number * number), biased=True).index == 1


def consume(pulses: Channel[None], results: Channel[int]) -> None:
    while True:
        index, value, ok = select(pulses, results, biased=True)
        if not ok:
            return
        print("pulse" if index == 0 else f"result {value}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="A worker that pulses before every unit of its work."
    )
    parser.add_argument(
        "--interval", type=float, default=0.2, help="seconds a unit takes (default 0.2)"
    )
    options = parser.parse_args(argv)
    done: Channel[None] = Channel()
    consume(*do_work(done, range(1, UNITS + 1), options.interval))
    done.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
