"""What the ports of Go's suites share: time bounds, a program that ends its threads, and probes of
what waits.

A ported Go program leaves its goroutines behind when `main` returns. Threads must not be left
behind, so every port runs inside a `Program`, which closes the channels it made and joins the
threads it started.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import heartbeat
from heartbeat import Channel, Closed, Source, Task

WAIT = 30.0  # seconds given to what must happen: only a failure takes that long
GRACE = 5.0  # seconds given to the threads of a test that has failed already
QUIET = 0.03  # seconds during which something must not happen
DTYPES = (None, "q")  # Go's `chan int` is both: objects, and 64-bit integers


class Program:
    """Makes channels and threads, and ends them all: a thread that then finds its channel closed
    ends quietly.
    """

    def __init__(self) -> None:
        self._channels: list[Channel[Any]] = []
        self._tasks: list[Task] = []
        self._ending = False

    def chan(self, capacity: int | None = 0, dtype: str | None = None) -> Channel[Any]:
        channel: Channel[Any] = Channel(capacity, dtype=dtype)
        self._channels.append(channel)
        if self._ending:  # a thread may still be making channels while its program is taken down
            channel.close()
        return channel

    def go(self, fn: Callable[..., Any], *args: Any) -> Task:
        task = heartbeat.go(self._run, fn, *args)
        self._tasks.append(task)
        return task

    def _run(self, fn: Callable[..., Any], *args: Any) -> Any:
        try:
            return fn(*args)
        except Closed:
            if not self._ending:
                raise
            return None

    def join(self) -> None:
        """Wait for threads that end by themselves; what one of them raised is raised here."""
        while self._tasks:
            self._tasks.pop().result(WAIT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._ending = True
        for channel in list(self._channels):
            channel.close()
        if kind is None:
            self.join()
            return
        self._abandon()

    def _abandon(self) -> None:
        """After a failure of the body, which is the error to report: what the threads raise is
        looked at, no more.
        """
        limit = heartbeat.now() + GRACE
        for task in self._tasks:
            with suppress(TimeoutError):
                task.join(max(0.0, limit - heartbeat.now()))
            _ = task.exception


def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds()`; for states that no channel announces, such as another thread being
    parked.
    """
    limit = heartbeat.now() + WAIT
    while not holds():
        assert heartbeat.now() < limit, "the state waited for did not come"
        heartbeat.sleep(0.001)


def until_receivers(channel: Channel[Any], count: int) -> None:
    until(lambda: channel.stats().waiting_receivers == count)


def until_senders(channel: Channel[Any], count: int) -> None:
    until(lambda: channel.stats().waiting_senders == count)


def no_waiters(channel: Channel[Any]) -> bool:
    stats = channel.stats()
    return stats.waiting_receivers == 0 and stats.waiting_senders == 0


def yield_now() -> None:
    """Go's Gosched: lets another thread run. It waits for nothing."""
    time.sleep(0)


def stays_quiet(source: Source, seconds: float = QUIET) -> bool:
    """Whether nothing can be received from `source` for that long."""
    try:
        heartbeat.select(source, timeout=seconds)
    except TimeoutError:
        return True
    return False


def chan_timer(seconds: float) -> tuple[heartbeat.Timer, Source]:
    """A timer, and the source its value comes from: here the timer itself."""
    timer = heartbeat.Timer(seconds)
    return timer, timer


def func_timer(seconds: float) -> tuple[heartbeat.Timer, Source]:
    """As chan_timer, made from after_func: its callback sends the instant on a channel with room
    for one.
    """
    fired: Channel[float] = Channel(1)
    return heartbeat.after_func(seconds, lambda: fired.send(heartbeat.now())), fired


TIMER_KINDS = {"chan": chan_timer, "func": func_timer}


def resident_bytes() -> int:
    """Memory of this process now; its peak where the system does not tell the present."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
