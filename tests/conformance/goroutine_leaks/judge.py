"""Runs a case in a bubble, and reads from the report who leaked and what each of them waits for."""

from __future__ import annotations

import re
from typing import Literal

from heartbeat import DeadlockError, sleep
from heartbeat.testing import LeakError, virtual_time

from .program import Case, Program

SETTLE = 7200.0  # virtual seconds given to a case before its bubble ends
LEAK = re.compile(r"^  '(.*)' (.*); created at \S+program\.py:\d+$", re.MULTILINE)
STUCK = re.compile(r"^\d+ '(.*)', created at \S+program\.py:\d+\n  (.*)$", re.MULTILINE)

Found = list[tuple[str, str]]  # names, with what each waits for
Schedule = Literal["random", "pct"] | None


def run(case: Case, fixed: bool, seed: int, schedule: Schedule = None) -> Found:
    """One version of a case, left to itself until its bubble ends."""
    found: Found = []
    try:
        with virtual_time(seed=seed, schedule=schedule) as bubble:
            program = Program(fixed, seed, bubble)
            case.body(program)
            sleep(SETTLE)
    except LeakError as error:
        found = LEAK.findall(str(error))
        assert len(found) == len(str(error).splitlines()) - 1
    program.check()
    return found


def joins(case: Case, fixed: bool, seed: int, schedule: Schedule = None) -> Found:
    """As run, but the host waits for all threads, and is told at once if they never end."""
    found: Found = []
    try:
        with virtual_time(seed=seed, schedule=schedule) as bubble:
            program = Program(fixed, seed, bubble)
            case.body(program)
            program.join()
    except DeadlockError as error:
        found = STUCK.findall(error.report)
        assert found
    program.check()
    return found


def leaks_of(case: Case, found: Found) -> dict[str, str] | None:
    """Which of the leaks of the case has been found."""
    assert len(found) == (case.count or len(found))
    for leaks in case.leaks:
        if set(leaks) == {name for name, _ in found}:
            return leaks if all(re.fullmatch(leaks[name], wait) for name, wait in found) else None
    return None
