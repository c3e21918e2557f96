"""detect_deadlocks: threads of the engine that wait for each other, outside of bubbles.

What is claimed, and why it is true, is said at the head of csrc/binding/deadlock.c. Here is what
comes before and after: which threads are suspects, how deep the stacks of their frames are, and
what is told of those who are stuck.
"""

import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import NamedTuple, Self

from heartbeat._native import (
    _DETECTS_DEADLOCKS,
    Channel,
    Closed,
    Error,
    Stopped,
    _endless_waits,
    _look_at,
    _stuck,
    go,
    now,
)
from heartbeat._stack_depth import depth_at
from heartbeat._words import Case, all_frames, cases_in_words, own_frame, stack_text

_Wait = tuple[int, int]  # the number of a thread, and of its wait
_Suspect = tuple[int, int, tuple[tuple[FrameType, int], ...]]


class StuckThread(NamedTuple):
    """A thread that can never run again."""

    name: str
    ident: int
    where: str  # what it waits for
    since: float  # the instant it began to, on the clock of now()
    created: str | None  # "file:line", if origins were tracked
    stack: str | None

    def __str__(self) -> str:
        created = f", created at {self.created}" if self.created else ""
        stack = self.stack.rstrip() if self.stack else "    (no Python stack: it runs native code)"
        return f"{self.name!r}{created}\n  waits to {self.where}, for {now() - self.since:.3f} s\n{stack}"


class Deadlock(NamedTuple):
    """Threads each of which waits for what only the others could do."""

    threads: tuple[StuckThread, ...]
    report: str

    def __str__(self) -> str:
        return self.report


# ---- one pass ----


def _frames_of(ident: int) -> tuple[tuple[FrameType, int], ...]:
    """A thread's frames with the depths of their stacks."""
    found = []
    frame = all_frames().get(ident)
    while frame:
        found.append((frame, depth_at(frame.f_code, frame.f_lasti)))
        frame = frame.f_back
    return tuple(found)


def _suspects(waits: list[tuple[int, int, int, str]]) -> tuple[_Suspect, ...]:
    return tuple((number, wait, _frames_of(ident)) for number, ident, wait, _ in waits)


def _groups(waits: list[tuple[int, int, int, str]]) -> list[list[_Wait]]:
    """Those who are stuck, each with those it is stuck with."""
    suspects = _suspects(waits)
    groups: dict[int, list[_Wait]] = {}
    for index, group in _stuck(suspects):
        groups.setdefault(group, []).append(suspects[index][:2])
    return list(groups.values())


# ---- what is told ----


def _describe(thread: int) -> StuckThread:
    name, ident, since, created, count, cases = _look_at(thread)
    where = cases_in_words(tuple(map(Case._make, cases)), count)
    return StuckThread(name or "", ident, where, since, created, stack_text(own_frame(all_frames().get(ident))))


def _deadlock(group: list[_Wait]) -> Deadlock:
    threads = tuple(_describe(thread) for thread, _ in group)
    who = "1 thread waits for what nobody" if len(threads) == 1 else f"{len(threads)} threads wait for what nobody else"
    return Deadlock(threads, "\n\n".join([f"deadlock: {who} can do:", *map(str, threads)]))


def _print(deadlock: Deadlock) -> None:
    print(f"heartbeat: {deadlock}", file=sys.stderr, flush=True)


# ---- the detector ----


class DeadlockDetector:
    """What detect_deadlocks() returns: looks on a thread of its own until it is closed."""

    def __init__(self, interval: float, on_deadlock: Callable[[Deadlock], object] | None) -> None:
        self._interval = interval
        self._on_deadlock = on_deadlock or _print
        self._told: set[_Wait] = set()
        self._before: set[_Wait] = set()
        self._closing: Channel[None] = Channel(name="closing")
        _endless_waits()  # raises in a bubble
        self._task = go(self._run, name="hb-deadlocks")

    def check(self) -> list[Deadlock]:
        """Look now; return the deadlocks there are, also those that were told before. Does not block."""
        return [_deadlock(group) for group in _groups(_endless_waits())]

    def close(self) -> None:
        """Look no more; waits for a look that is under way. May be called twice."""
        try:
            self._closing.close()
        except Closed:
            return
        if threading.get_ident() != self._task.ident:
            self._task.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    def _run(self) -> None:
        while True:
            try:
                self._closing.recv(timeout=self._interval)
            except TimeoutError:
                self._look()
            except Closed:
                return

    def _look(self) -> None:
        """Whoever has waited since the look before is worth a count of references."""
        waits = _endless_waits()
        stay = [each for each in waits if (each[0], each[2]) in self._before]
        self._before = {(each[0], each[2]) for each in waits}
        self._told &= self._before
        for group in _groups(stay):
            if not self._told.issuperset(group):
                self._told.update(group)
                self._tell(_deadlock(group))

    def _tell(self, deadlock: Deadlock) -> None:
        try:
            self._on_deadlock(deadlock)
        except Stopped:  # the interpreter ends
            raise
        except Exception as error:  # of the program's function: the detector goes on
            threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))


def detect_deadlocks(*, interval: float = 1.0,
                     on_deadlock: Callable[[Deadlock], object] | None = None) -> DeadlockDetector:
    """Watch the tasks of go() for sets in which each waits for what only others of the set can do.

    Looks every `interval` seconds. What it finds it gives once to `on_deadlock`, on a thread of
    its own; without that, the report goes to stderr. Only what can be proved is claimed: all members
    wait on channels, with no deadline, and every reference to these channels is held by members
    alone. So a channel in a global, one that a running thread, a timer or an extension holds, or one that
    a generator uses, is never part of a claim; and not every deadlock is found. close() ends it, as does
    the end of a `with` block; check() looks at once.

    Costs nothing between two looks. A look keeps the interpreter lock while it counts the
    references of the threads that have waited since the one before. Error in a bubble, which tells of its
    deadlocks itself, and in an interpreter whose frames cannot be read: without the interpreter
    lock, or newer than 3.13.
    """
    if not interval > 0:
        raise ValueError(f"interval must be more than 0, not {interval!r}")
    if on_deadlock is not None and not callable(on_deadlock):
        raise TypeError(f"on_deadlock must be callable or None, not {type(on_deadlock).__name__}")
    if not _DETECTS_DEADLOCKS:
        raise Error("deadlocks cannot be detected by this interpreter")
    return DeadlockDetector(interval, on_deadlock)
