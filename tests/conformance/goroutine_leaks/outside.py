"""A program that runs cases in real time and outside of bubbles, and prints what assert_no_leaks() says
of all their fixed versions at once, then of all their leaking ones.

Threads that leak here are there until the program ends; so it is one of its own.
"""

from __future__ import annotations

import os

from heartbeat import sleep
from heartbeat.testing import LeakError, assert_no_leaks

from .every_case import CASES
from .program import Case, Program

GRACE = 20.0  # seconds for what ends by itself; only a failure takes that long
STILL = 1.0  # seconds without a thread that ends: those that are there have got to where they leak


def suits(case: Case) -> bool:
    """Not what depends on the seed, on a bubble, or on hours."""
    return case.always and len(case.leaks) == 1 and case.name != "SpawnGC"


def settle(programs: list[Program]) -> None:
    before: list[bool] = []
    while (ended := [task.done for p in programs for task in p.tasks]) != before:
        before = ended
        sleep(STILL)


def said_of(fixed: bool, grace: float) -> str:
    programs = [Program(fixed, 0) for _ in CASES]
    try:
        with assert_no_leaks(grace=grace):
            for case, program in zip(CASES, programs, strict=True):
                if suits(case):
                    case.body(program)
            settle(programs)
    except LeakError as error:
        return str(error)
    return "nothing"


if __name__ == "__main__":
    print(said_of(True, GRACE), flush=True)
    print(said_of(False, 0.0), flush=True)
    os._exit(0)  # the end of an interpreter with hundreds of threads is not what this is about
