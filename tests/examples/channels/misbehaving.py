"""A worker that leaves without a word, and a consumer that notices.

    python misbehaving.py --interval 1

The worker promises a pulse an interval, sends two, and returns without closing its channels.
Nothing will ever arrive again and nothing says so: without the timeout in `consume` the program
would wait for ever.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from heartbeat import Channel, go, select, tick

PULSES = 2


def do_work(interval: float) -> tuple[Channel[None], Channel[int]]:
    pulses: Channel[None] = Channel(PULSES)  # room for all of them: a slow listener misses none
    results: Channel[int] = Channel()
    go(misbehave, interval, pulses)
    return pulses, results


def misbehave(interval: float, pulses: Channel[None]) -> None:
    ticker = tick(interval)
    for _ in range(PULSES):
        ticker.recv()
        pulses.try_send(None)
    # A worker that keeps its promises would close its channels here.


def consume(pulses: Channel[None], results: Channel[int], timeout: float) -> int:
    while True:
        try:
            index, value, ok = select(pulses, results, timeout=timeout)
        except TimeoutError:
            print("worker is not healthy!")
            return 1
        if not ok:
            return 0
        print("pulse" if index == 0 else f"result {value}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A worker that leaves without a word.")
    parser.add_argument(
        "--interval", type=float, default=1.0, help="seconds between two pulses (default 1)"
    )
    parser.add_argument(
        "--timeout", type=float, help="seconds of silence to bear (default: two intervals)"
    )
    options = parser.parse_args(argv)
    pulses, results = do_work(options.interval)
    return consume(pulses, results, options.timeout or 2 * options.interval)


if __name__ == "__main__":
    sys.exit(main())
