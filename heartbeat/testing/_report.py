"""What the threads of a bubble do, put into words: participants, and reports of deadlocks, stalls
and leaks.

The engine tells what each participant waits for; here Python's own knowledge is added, its
stacks and who refers to what. The program

    from heartbeat import Channel, go, sleep
    from heartbeat.testing import virtual_time

    def shop(jobs, results):
        for job in jobs:
            results.send(job)

    def main():
        jobs, results = Channel(name="jobs"), Channel(name="results")
        go(shop, jobs, results, name="shop")
        sleep(10.0)
        results.recv()

    with virtual_time():
        main()

ends at once with a DeadlockError, whose report is

    2 participants at 10.0 s on the bubble's clock:

    0 'MainThread', the host
      waits to receive from channel 'results', made at shop.py:9
      since 10.0 s, for 0.0 s, without a deadline
      who else holds channel 'results':
        1 'shop': a frame of its refers to it
        File "shop.py", line 15, in <module>
          main()
        File "shop.py", line 12, in main
          results.recv()

    1 'shop', created at shop.py:10
      waits to receive from channel 'jobs', made at shop.py:9
      since 0.0 s, for 10.0 s, without a deadline
      who else holds channel 'jobs':
        0 'MainThread': a frame of its refers to it
        File "shop.py", line 5, in shop
          for job in jobs:
"""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Literal, NamedTuple

from heartbeat._native import StallError, _explain_with
from heartbeat._words import Case, all_frames, cases_in_words, own_frame, python_name, stack_text
from heartbeat.testing._holders import sources_of_frames

_FRAMES = 6  # of a stack in a report: the innermost


class Participant(NamedTuple):
    """A thread of a bubble at one moment."""

    number: int  # 0: the host
    name: str
    ident: int  # as threading.get_ident()
    state: Literal["running", "waiting", "starting"]
    where: str | None  # what it waits for
    since: float | None  # the instant it began to, on the bubble's clock
    created: str | None  # "file:line"
    stack: str | None  # its Python stack; None: it has none, as native code


class Row(NamedTuple):
    """What the engine tells of a participant."""

    number: int
    name: str | None
    ident: int
    state: Literal["running", "waiting", "starting"]
    idles: bool
    waits: bool
    since: float | None
    until: float | None
    created: str | None
    case_count: int
    cases: tuple[Case, ...]
    frame: FrameType | None = None  # the innermost that is the program's own

    @property
    def title(self) -> str:
        return f"{self.number} {self.name!r}"

    @property
    def where(self) -> str | None:
        if self.idles:
            return "waits until all others wait"
        if not self.waits:
            return None
        if self.state == "running":
            return f"{self.what} (from outside of the bubble, so time stands still)"
        return self.what

    @property
    def what(self) -> str:
        words = cases_in_words(self.cases, self.case_count)
        return words or ("sleep" if self.ends else "what never comes: nil, or no case at all")

    @property
    def ends(self) -> bool:
        return bool(self.cases) or self.until is not None


_Raw = tuple[int, str | None, int, Literal["running", "waiting", "starting"], bool, bool,
             float | None, float | None, str | None, int, tuple[tuple[str, str, int, str | None, str | None], ...]]


def _rows(raw: list[_Raw]) -> list[Row]:
    rows = [Row(*each[:-1], tuple(map(Case._make, each[-1]))) for each in raw]
    frames = all_frames()
    return [row._replace(name=python_name(row.ident) or row.name, frame=own_frame(frames.get(row.ident)))
            for row in rows]


def _stack_of(row: Row, limit: int | None = None) -> str | None:
    return stack_text(row.frame, limit)


# ---- participants ----


def participants(raw: list[_Raw], now: float) -> list[Participant]:
    return [Participant(row.number, row.name or "", row.ident, row.state, row.where, row.since,
                        row.created, _stack_of(row)) for row in _rows(raw)]


# ---- reports ----


def _indented(text: str, by: str) -> Iterator[str]:
    return (by + line for line in text.rstrip().splitlines())


def _times(row: Row, now: float) -> Iterator[str]:
    until = "without a deadline" if row.until is None else f"until {row.until} s"
    if row.since is not None and not row.idles:
        yield f"  since {row.since} s, for {now - row.since} s, {until}"


def _holders(case: Case, own: Row, rows: list[Row], held: dict[int, set[int]]) -> Iterator[str]:
    """Who else could end the wait. That a frame refers to a channel does not mean it will use it."""
    for other in rows:
        waits = [f"waits to {each.operation} it" for each in other.cases if each.source == case.source]
        refers = ["a frame of its refers to it"] if case.source in held.get(other.number, ()) else []
        if other is not own and (waits or refers):
            yield f"    {other.title}: {' and '.join(waits or refers)}"


def _held(row: Row, rows: list[Row], held: dict[int, set[int]]) -> Iterator[str]:
    for case in row.cases:
        if not case.source:
            continue
        found = list(_holders(case, row, rows, held))
        what = f"{case.kind} {case.label}"
        yield f"  who else holds {what}:" if found else f"  nobody else was found to hold {what}"
        yield from found


def _wait(row: Row) -> str:
    if row.cases:
        return f"waits to {row.where}"
    return "sleeps" if row.ends else f"waits for {row.where}"


def _state(row: Row) -> str:
    if row.where:
        return row.where if row.idles else _wait(row)
    return "has not begun to run" if row.state == "starting" else "runs"


def _stack_lines(row: Row) -> Iterator[str]:
    stack = _stack_of(row, _FRAMES)
    if stack:
        yield from _indented(stack, "  ")
    elif row.state != "starting":
        yield "    (no Python stack: it runs native code)"


def _describe(row: Row, rows: list[Row], held: dict[int, set[int]], now: float) -> Iterator[str]:
    host = ", the host" if row.number == 0 else ""
    created = f", created at {row.created}" if row.created else ""
    yield f"{row.title}{host}{created}"
    yield f"  {_state(row)}"
    yield from _times(row, now)
    yield from _held(row, rows, held)
    yield from _stack_lines(row)


def _held_by(rows: list[Row]) -> dict[int, set[int]]:
    """By participant, what sources its frames refer to. A frame that runs cannot be looked at."""
    wanted = {case.source for row in rows for case in row.cases if case.source}
    return {row.number: sources_of_frames(row.frame, wanted) for row in rows
            if row.waits and row.frame and wanted}


def report(raw: list[_Raw], now: float) -> str:
    rows = _rows(raw)
    held = _held_by(rows)
    texts = ["\n".join(_describe(row, rows, held, now)) for row in rows]
    who = "1 participant" if len(rows) == 1 else f"{len(rows)} participants"
    return "\n\n".join([f"{who} at {now} s on the bubble's clock:", *texts])


def leaks(raw: list[_Raw], now: float) -> str | None:
    """What to say of those who are left at the end; None if only the host is."""
    left = [row for row in _rows(raw) if row.number != 0]
    if not left:
        return None
    who = "1 participant is" if len(left) == 1 else f"{len(left)} participants are"
    lines = [f"  {row.name!r} {_state(row)}" + (f"; created at {row.created}" if row.created else "")
             for row in left]
    return "\n".join([f"{who} still there at the end of the bubble:", *lines])


# ---- stalls ----


def write(error: StallError) -> None:
    print(f"heartbeat: {error}", file=sys.stderr, flush=True)


def class_of(error: StallError) -> type[StallError]:
    """A class whose instances are like that error: all that can be raised in another thread is a class."""

    def begin(self: StallError) -> None:
        Exception.__init__(self, str(error))
        self.report = error.report

    return type("StallError", (StallError,), {"__init__": begin, "__module__": "heartbeat.testing"})


def let_come() -> None:
    """An exception that was left for this thread comes here, if it has not come."""


_explain_with(sys.modules[__name__])
