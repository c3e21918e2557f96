"""What a thread waits for and where it is, in words: for reports."""

import sys
import threading
import traceback
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


def frame_of(ident: int) -> FrameType | None:
    """A thread's innermost frame that is the program's own; None: it runs no Python."""
    frame = sys._current_frames().get(ident)
    while frame and _is_ours(frame):
        frame = frame.f_back
    return frame


def stack_of(ident: int, limit: int | None = None) -> str | None:
    """A thread's Python stack, or its innermost frames."""
    frame = frame_of(ident)
    return "".join(traceback.format_stack(frame, limit)) if frame else None


def python_name(ident: int) -> str | None:
    """Of a thread that threading knows. Read without its lock: somebody who is stuck may hold that."""
    thread = vars(threading)["_active"].get(ident)
    return thread.name if thread else None
