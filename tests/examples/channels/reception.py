"""A reception that must not fall asleep, and a timeout that watches it.

    python reception.py --timeout 1

Two threads boot together and run until they are stopped. The reception takes calls, and every call
is a heartbeat that starts the timeout afresh. When no call comes for the length of the timeout, the
timeout tells the reception, and starts again. Heartbeats and timeouts travel in channels with one
place each and are offered, not waited with, so that neither thread can ever block the other,
however slow it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from heartbeat import Channel, Task, Timer, go, select, send


@dataclass
class Desk:
    """The channels between the two threads and the program."""

    timeout: float
    stop: Channel[None] = field(default_factory=Channel)
    booted: Channel[str] = field(default_factory=lambda: Channel(2))
    beats: Channel[None] = field(default_factory=lambda: Channel(1))
    timeouts: Channel[None] = field(default_factory=lambda: Channel(1))
    calls: Channel[str] = field(default_factory=Channel)
    events: Channel[str] = field(default_factory=Channel)

    def watch(self) -> None:
        """The timeout thread: a beat resets its timer; when that fires, the reception is told."""
        self.booted.send("timeout")
        timer = Timer(self.timeout)
        while (index := select(self.stop, self.beats, timer, biased=True).index) != 0:
            if index == 2:
                self.timeouts.try_send(None)
            timer.reset(self.timeout)

    def receive(self) -> None:
        """The reception thread: answers calls, beats with each, and reports calls and timeouts."""
        self.booted.send("reception")
        while True:
            index, call, _ = select(self.stop, self.calls, self.timeouts, biased=True)
            if index == 0:
                return
            if index == 1:
                self.beats.try_send(None)
            event = f"call: {call}" if index == 1 else "timeout: nobody calls"
            if select(self.stop, send(self.events, event), biased=True).index == 0:
                return


def boot(desk: Desk) -> tuple[Task[None], Task[None]]:
    """Start both threads and return when both are up."""
    tasks = go(desk.watch, name="timeout"), go(desk.receive, name="reception")
    print("up:", *sorted((desk.booted.recv(), desk.booted.recv())), flush=True)
    return tasks


def converse(desk: Desk, calls: Sequence[str]) -> None:
    """Make the calls one after the other, then stay silent until the timeout is noticed."""
    for call in calls:
        desk.calls.send(call)
        print(desk.events.recv(), flush=True)
    print(desk.events.recv(), flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="A timeout and a reception that cannot block each other."
    )
    parser.add_argument(
        "--timeout", type=float, default=1.0, help="seconds without a call to bear (default 1)"
    )
    options = parser.parse_args(argv)
    desk = Desk(options.timeout)
    tasks = boot(desk)
    converse(desk, ["good morning", "any news?", "thank you"])
    converse(desk, ["good night"])
    desk.stop.close()
    for task in tasks:
        task.result()
    print("stopped:", *sorted(task.name for task in tasks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
