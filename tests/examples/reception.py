"""A reception that must not fall asleep, and a timeout that watches it.

    python reception.py --timeout 1

Every call the reception takes is a heartbeat that starts the timeout afresh. When no call comes
for the length of the timeout, the watchdog expires, the reception hears of it, and the timeout
starts again. A watchdog is a source like any other: it needs no thread, its beat() never waits,
and its expiry is kept until somebody asks, so that neither side can block the other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from heartbeat import Channel, Watchdog, Worker, WorkerContext


class Reception:
    """Answers calls, and reports calls and timeouts as its results."""

    def __init__(self, timeout: float) -> None:
        self.calls: Channel[str] = Channel(name="calls")
        self.watchdog = Watchdog(timeout)

    def work(self, ctx: WorkerContext) -> None:
        self.watchdog.beat()
        ctx.send("up")
        while True:
            index, call, _ = ctx.select(self.calls, self.watchdog.expired, biased=True)
            if index == 0:
                self.watchdog.beat()
            ctx.send(f"call: {call}" if index == 0 else "timeout: nobody calls")


def converse(reception: Reception, events: Worker[str], calls: Sequence[str]) -> None:
    """Make the calls one after the other, then stay silent until the timeout is noticed."""
    for call in calls:
        reception.calls.send(call)
        print(events.recv(), flush=True)
    print(events.recv(), flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A timeout that watches a reception.")
    parser.add_argument(
        "--timeout", type=float, default=1.0, help="seconds without a call to bear (default 1)"
    )
    options = parser.parse_args(argv)
    reception = Reception(options.timeout)
    with Worker(reception.work, name="reception") as worker:
        print(worker.recv(), flush=True)
        converse(reception, worker, ["good morning", "any news?", "thank you"])
        converse(reception, worker, ["good night"])
    print(worker.state)
    return 0


if __name__ == "__main__":
    sys.exit(main())
