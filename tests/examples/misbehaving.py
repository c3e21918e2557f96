"""A worker that falls silent without a word, and a monitor that says so, and why.

    python misbehaving.py --interval 1

The worker pulses twice and then gets stuck outside the engine, where nothing can be asked of it.
Its pulses stop, since nobody pulses for a thread that hangs. A monitor notices, in a thread of its
own that needs no interpreter, and says what is known of the worker's thread.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from threading import Event

from heartbeat import Health, Monitor, Worker, WorkerContext, select

PULSES = 2


class Trap:
    """Work that hangs after a while, until it is let go."""

    def __init__(self, healthy_for: float) -> None:
        self.healthy_for = healthy_for
        self.opened = Event()

    def work(self, ctx: WorkerContext) -> None:
        ctx.sleep(self.healthy_for)
        self.opened.wait()


def watch(worker: Worker[None], monitor: Monitor) -> Health:
    """Print pulses until the monitor has something to say."""
    while True:
        heard = select(monitor, worker.pulses, biased=True)
        if isinstance(heard.value, Health):
            return heard.value
        if heard.ok:
            print("pulse", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A worker that falls silent without a word.")
    add = parser.add_argument
    add("--interval", type=float, default=1.0, help="seconds between two pulses (default 1)")
    add("--timeout", type=float, help="seconds of silence to bear (default: two intervals)")
    options = parser.parse_args(argv)
    trap = Trap((PULSES + 0.5) * options.interval)
    worker: Worker[None] = Worker(trap.work, interval=options.interval, name="worker")
    with worker, Monitor(worker, timeout=options.timeout or 2 * options.interval) as monitor:
        health = watch(worker, monitor)
        print(f"worker is not healthy! {health.cause}, {health.where}")
        trap.opened.set()
    return 0 if health.healthy else 1


if __name__ == "__main__":
    sys.exit(main())
