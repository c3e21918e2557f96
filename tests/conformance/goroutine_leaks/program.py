"""How a case is written.

A case is one function for both its versions: `p.fixed` tells which. It runs in the bubble's host, starts
its threads with p.go(name, fn, ...) and returns; it never waits itself, as Go's originals leave that
to goroutines. Delays are p.delay() where the originals yield in the middle of what must not be
interrupted: the seed decides how long they last on the bubble's clock, so a seed is an order of
events. With a schedule it also decides who runs.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from heartbeat import Stopped, Task, go, sleep
from heartbeat.testing import Bubble

# What a thread waits for, in the words of a report: a channel of the case's own, or gosync's.
MADE = r" \w+ at \w+, made at \S+"
SEND, RECEIVE = "waits to send to" + MADE, "waits to receive from" + MADE
SELECT = "waits to .+, or to .+"
NOTHING = "waits for what never comes.*"
LOCK = r"waits to send to channel 'mutex', made at \S+"
RLOCK = r"waits to receive from channel 'readers', made at \S+"
WLOCK = r"waits to (send to|receive from) channel 'writers', made at \S+"
GROUP = r"waits to receive from channel 'wait group', made at \S+"
COND = r"waits to receive from channel 'condition', made at \S+"

MANY_THREADS = 200  # where the originals start a thousand goroutines
DELAYS = 4  # a delay is 0 to 3 ms


class Program:
    """What a case is given: which version it is to be, threads, delays, and luck."""

    def __init__(self, fixed: bool, seed: int, bubble: Bubble | None = None) -> None:
        self.fixed = fixed
        self.bubble = bubble
        self.tasks: list[Task[None]] = []
        self._seed = seed
        self._luck: dict[int, random.Random] = {}  # by thread

    def go(self, name: str, fn: Callable[..., object], *args: object) -> Task[None]:
        number = len(self.tasks)
        task = go(self._run, f"{self._seed} {name} {number}", fn, args, name=name)
        self.tasks.append(task)
        return task

    def _run(self, luck: str, fn: Callable[..., object], args: tuple[object, ...]) -> None:
        self._luck[threading.get_ident()] = random.Random(luck)
        self.delay()
        fn(*args)

    def chance(self, of: int) -> int:
        """A number from 0 to of - 1, of the calling thread's own luck."""
        return self._luck[threading.get_ident()].randrange(of)

    def delay(self) -> None:
        sleep(self.chance(DELAYS) * 1e-3)

    def join(self) -> None:
        """Wait for all threads, those that are started meanwhile too."""
        for task in self.tasks:
            task.join()

    def check(self) -> None:
        """Every thread has come to its end, or has been ended by the bubble."""
        wrong = [task.exception for task in self.tasks
                 if task.exception and not isinstance(task.exception, Stopped)]
        assert wrong == []


@dataclass(frozen=True)
class Case:
    """`leaks`: names of threads with what each waits for.
    Each seed that shows a leak shows exactly one of these sets of names, and some seed shows the
    first. Without `always` some seeds show none.
    """

    name: str
    body: Callable[[Program], object]
    leaks: tuple[dict[str, str], ...]
    always: bool
    count: int | None  # of the threads that leak, where many have the same name


def either(*waits: str) -> str:
    """It depends on the seed which of them it is."""
    return "|".join(waits)


CASES: list[Case] = []


def case(
    name: str, *leaks: dict[str, str], always: bool = True, count: int | None = None
) -> Callable[[Callable[[Program], object]], Callable[[Program], object]]:
    """Makes a function a case of the suite; without `leaks` both its versions leak nothing."""

    def add(body: Callable[[Program], object]) -> Callable[[Program], object]:
        CASES.append(Case(name, body, leaks, always, count))
        return body

    return add
