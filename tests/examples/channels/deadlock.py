"""Workers that block on a channel nobody reads, and a program that finishes all the same.

    python deadlock.py --timeout 1

Each worker also writes a log, and the log is the mistake shown here: it has room for two lines and
no reader, so every worker blocks at its third item, for ever. It cannot say so; but it pulses
before every item, and silence tells. The program then closes the silent worker's channels, which
wakes it and lets it end, and gives the items that are left to a new worker with new channels.
Nothing the old one does can be mistaken for the new one's work, so every item counts once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from heartbeat import Channel, Closed, go, select

LOG_LINES = 2


@dataclass
class Worker:
    number: int
    items: Sequence[int]
    pulses: Channel[int] = field(default_factory=lambda: Channel(None))
    results: Channel[int] = field(default_factory=Channel)
    log: Channel[str] = field(default_factory=lambda: Channel(LOG_LINES))

    def run(self) -> None:
        with suppress(Closed):
            for item in self.items:
                self.pulses.send(item)  # unbounded: a pulse never waits
                self.log.send(f"worker {self.number} begins item {item}")
                self.results.send(item)
        self.close()

    def close(self) -> None:
        for channel in (self.results, self.log, self.pulses):
            channel.close()


def follow(worker: Worker, finished: list[int], timeout: float) -> int | None:
    """Take results until the worker ends (None) or falls silent: then the item it was at."""
    current = 0
    with suppress(TimeoutError):
        while True:
            index, value, ok = select(worker.pulses, worker.results, timeout=timeout, biased=True)
            if not ok:
                return None
            assert value is not None
            if index == 0:
                current = value
            else:
                finished.append(value)
                print(f"worker {worker.number} did item {value}", flush=True)
    return current


def finish(items: Sequence[int], timeout: float) -> list[int]:
    """Have all items done, by as many workers as it takes, but never more than there are items."""
    finished: list[int] = []
    for number in range(1, len(items) + 1):
        worker = Worker(number, [item for item in items if item not in finished])
        task = go(worker.run)
        silent_at = follow(worker, finished, timeout)
        worker.close()
        task.result()
        if silent_at is None:
            break
        print(f"worker {number} is not healthy: silent since it began item {silent_at}", flush=True)
    return finished


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Notice a blocked worker by its silence, and replace it."
    )
    parser.add_argument(
        "--timeout", type=float, default=1.0, help="seconds of silence to bear (default 1)"
    )
    parser.add_argument(
        "--items", type=int, default=6, help="how much work there is (default 6 items)"
    )
    options = parser.parse_args(argv)
    items = range(1, options.items + 1)
    finished = finish(items, options.timeout)
    print(f"{len(finished)} of {len(items)} items done, each once: {finished == list(items)}")
    return 0 if finished == list(items) else 1


if __name__ == "__main__":
    sys.exit(main())
