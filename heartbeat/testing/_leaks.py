"""Leak checks: does anything of the engine outlive the code that began it?

Looked for are threads of the engine, calls that after_func() has promised, monitors that run, and
threads of others that wait for something of the engine (from its first wait on, it knows such a
thread while origins are tracked). The engine's own servants are no leaks.
"""

import gc
import opcode
import sys
import threading
from contextlib import ContextDecorator
from datetime import timedelta
from types import FrameType
from typing import Literal, NamedTuple

from heartbeat import _native
from heartbeat._native import LeakError

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.02  # real seconds between two looks

Known = set[tuple[str, int]]


class Leak(NamedTuple):
    """One thing that is there."""

    kind: str  # "thread", "wait" (of a thread of others), "after_func", "monitor"
    number: int  # among its kind, never used again
    name: str | None
    where: str  # what it waits for, or what it is about
    made: str | None  # "file:line", as far as that was tracked
    thread: int  # the system's number of the thread; 0: it is none

    def __str__(self) -> str:
        name = f" {_name_of(self)!r}" if self.name else ""
        what = "awaited by thread" if self.kind == "wait" else self.kind
        made = f", {'started' if self.kind == 'thread' else 'made'} at {self.made}" if self.made else ""
        return f"{what}{name}{made}: {self.where}"


def _name_of(leak: Leak) -> str | None:
    """Threads of others are known to the engine by what the system calls them, at best."""
    if leak.kind == "wait":
        for thread in threading.enumerate():
            if thread.native_id == leak.thread:
                return thread.name
    return leak.name


# ---- looking ----

def known() -> Known:
    """What is there now, in the caller's bubble or outside of bubbles: no leak of what follows."""
    there = {each[:2] for each in _native._alive()}
    there.update([("native", thread.native_id or 0) for thread in threading.enumerate()])
    return there


def _is_new(leak: Leak, before: Known) -> bool:
    return leak[:2] not in before and (leak.kind != "wait" or ("native", leak.thread) not in before)


def _left(before: Known) -> list[Leak]:
    return [leak for leak in map(Leak._make, _native._alive()) if _is_new(leak, before)]


def find_leaks(before: Known, grace: float) -> list[Leak]:
    """What is there and was not before, once all that is about to end has had `grace` seconds.

    In a bubble nothing ends by itself once all others wait, so that is what is waited for.
    """
    left = _left(before)
    if not left:
        return left
    if any(leak.kind == "monitor" for leak in left):
        gc.collect()  # closes one that nobody holds any more
    if _native._settle():
        return _left(before)
    left = _left(before)
    give_up, pause = _native.now() + grace, _SHORTEST_PAUSE
    while left and (rest := give_up - _native.now()) > 0:
        _native.sleep(min(pause, rest))
        pause = min(2 * pause, _LONGEST_PAUSE)
        left = _left(before)
    return left


def leak_error(leaks: list[Leak], where: str) -> LeakError:
    """The error that names each of them; `where` begins it."""
    count = "1 thing is" if len(leaks) == 1 else f"{len(leaks)} things are"
    return LeakError("\n".join([f"{count} still alive {where}:", *(f"  {leak}" for leak in leaks)]))


# ---- for tests of any kind ----

class _Check(ContextDecorator):
    """What assert_no_leaks() returns where its value is used: only what is born inside counts."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._before: Known | None = None

    def _recreate_cm(self) -> "_Check":
        return _Check(self._grace)  # as a decorator it may be running several times at once

    def __enter__(self) -> None:
        self._before = known()

    def __exit__(self, kind: object, value: object, traceback: object) -> Literal[False]:
        if kind is None and (leaks := find_leaks(self._before or set(), self._grace)):
            raise leak_error(leaks, "at the end of the block")
        return False


def _seconds(grace: float | timedelta) -> float:
    seconds = grace.total_seconds() if isinstance(grace, timedelta) else grace + 0.0
    if not seconds >= 0:
        raise ValueError(f"grace must be 0 or more seconds, not {grace!r}")
    return seconds


# A call that is a statement, or all that a lambda does; consoles use a value by showing it.
_UNUSED = {opcode.opmap.get(name) for name in ("POP_TOP", "PRINT_EXPR", "CALL_INTRINSIC_1")}


def _is_statement(frame: FrameType) -> bool:
    """Whether the value of the call that `frame` is making is used for nothing."""
    code = frame.f_code.co_code
    following = frame.f_lasti + 2
    while code[following] == 0:  # what the interpreter notes for itself after a call
        following += 2
    return code[following] in _UNUSED or frame.f_code.co_name == "<lambda>"


def assert_no_leaks(*, grace: float | timedelta = 1.0) -> _Check:
    """Raise LeakError if anything of the engine is still alive that should have ended.

    As a statement it looks at once, and all that is there counts. As a context manager or
    decorator it looks at the end of the block, and only what was born inside counts; a block that
    raised is not checked. `grace`: real seconds for what is just about to end. In a bubble it looks
    when all other participants wait.

    The error names threads (tasks, workers, those that call on_event), promised calls of after_func(),
    running monitors, and sources that other threads wait for, each with where it was made if that
    was tracked.
    """
    seconds = _seconds(grace)
    if _is_statement(sys._getframe(1)) and (leaks := find_leaks(set(), seconds)):
        raise leak_error(leaks, "now")
    return _Check(seconds)
