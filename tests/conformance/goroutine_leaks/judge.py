"""Runs a case in a bubble and tells which of its threads leaked, and what each of them waits for."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass

from heartbeat import DeadlockError, Error, sleep
from heartbeat.testing import virtual_time

from .gosync import waiting
from .program import RECEIVE, SELECT, SEND, Case, Program

SETTLE = 7200.0  # virtual seconds given to a case before its bubble ends


@dataclass(frozen=True)
class Outcome:
    """The names that the end of the bubble reported, and the operations of the threads still there."""

    reported: Counter[str]
    waits: list[tuple[str, str | None]]


def waits_of(program: Program) -> list[tuple[str, str | None]]:
    """Names and operations; None for what waits elsewhere, at a channel."""
    return [(task.name, waiting.get(task.ident or 0)) for task in program.tasks if not task.done]


def run(case: Case, fixed: bool, seed: int) -> Outcome:
    """One version of a case, left to itself until its bubble ends."""
    program, waits, reported = Program(fixed, seed), [], Counter[str]()
    try:
        with virtual_time(seed=seed) as bubble:
            case.body(program)
            sleep(SETTLE)
            bubble.wait()
            waits = waits_of(program)
    except Error as error:
        reported = names_in(error)
    program.check()
    return Outcome(reported, waits)


def names_in(error: Error) -> Counter[str]:
    return Counter(ast.literal_eval(str(error).partition(": ")[2]))


def joins(case: Case, fixed: bool, seed: int) -> DeadlockError | None:
    """As run, but the host waits for all threads: the error if they never end."""
    program = Program(fixed, seed)
    try:
        with virtual_time(seed=seed):
            case.body(program)
            program.join()
    except DeadlockError as error:
        program.check()
        return error
    program.check()
    return None


def fits(wait: str | None, expected: str | tuple[str, ...]) -> bool:
    """Whether a thread is in what the case says; what waits at a channel is in no lock."""
    if isinstance(expected, tuple):
        return any(fits(wait, one) for one in expected)
    return wait in {None, "receive"} if expected in {SEND, RECEIVE, SELECT} else wait == expected


def told_right(case: Case, outcome: Outcome) -> dict[str, str | tuple[str, ...]] | None:
    """The set of leaks of the case that the outcome is."""
    assert outcome.reported == Counter(name for name, _ in outcome.waits)
    if case.count is not None:
        assert outcome.reported.total() == case.count
    for leaks in case.leaks:
        if set(leaks) == set(outcome.reported):
            assert all(fits(wait, leaks[name]) for name, wait in outcome.waits), outcome.waits
            return leaks
    return None
