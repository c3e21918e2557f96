"""What a thread waits for and where it is, in words: for reports."""

import gc
import sys
import threading
import traceback
from itertools import takewhile
from types import FrameType
from typing import NamedTuple


class Case(NamedTuple):
    """What a wait is for, or one of several such, as the engine tells it."""

    operation: str
    kind: str
    source: int
    name: str | None
    made: str | None

    def __str__(self) -> str:
        if not self.source:
            return f"{self.operation} nil, which is never ready"
        made = f", made at {self.made}" if self.made else ""
        return f"{self.operation} {self.kind} {self.label}{made}"

    @property
    def label(self) -> str:
        return repr(self.name) if self.name else f"at {self.source:#x}"


def cases_in_words(cases: tuple[Case, ...], count: int) -> str:
    """Of a wait that has so many cases, of which the first are known."""
    more = [f"{count - len(cases)} more"] if count > len(cases) else []
    return ", or to ".join([*map(str, cases), *more])


def _is_ours(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return isinstance(name, str) and (name == "heartbeat" or name.startswith("heartbeat."))


def all_frames() -> dict[int, FrameType]:
    """By thread. No garbage is collected meanwhile: some versions of Python hold a lock of their own
    here that what is collected may want, as a threading.local does, and then wait for ever."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        if collects:
            gc.enable()


def own_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that is the program's own; None: there is none."""
    while frame and _is_ours(frame):
        frame = frame.f_back
    return frame


def _is_of_test(line: tuple[FrameType, int]) -> bool:
    """Not of what calls tests: nobody looks for the cause of a deadlock there, nor outwards of it."""
    return str(line[0].f_globals.get("__name__", "")).partition(".")[0] not in ("_pytest", "pluggy")


def stack_text(frame: FrameType | None, limit: int | None = None) -> str | None:
    """A stack as Python would print it, or its innermost frames."""
    whole = traceback.walk_stack(frame) if frame else ()
    told = [each for each in takewhile(_is_of_test, whole) if not _is_ours(each[0])]
    return "".join(traceback.StackSummary.extract(reversed(told[:limit])).format()) or None


def python_name(ident: int) -> str | None:
    """Of a thread the engine has not started. Read without the lock of threading: somebody may hold it.

    Stand-ins, which threading makes for threads it does not know, may be those of threads long gone.
    """
    thread = vars(threading)["_active"].get(ident)
    return thread.name if thread and not isinstance(thread, vars(threading)["_DummyThread"]) else None
