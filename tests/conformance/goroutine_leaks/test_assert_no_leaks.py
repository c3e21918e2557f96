"""assert_no_leaks() on the cases: in bubbles, and in real time outside of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from heartbeat import sleep
from heartbeat.testing import LeakError, assert_no_leaks, virtual_time

from .every_case import CASES
from .judge import SETTLE
from .outside import suits
from .program import MANY_THREADS, Case, Program

THREAD = re.compile(r"^  thread '([^']*)'", re.MULTILINE)
LIMIT = 120.0
FIRM = [case for case in CASES if suits(case)]
every_firm_case = pytest.mark.parametrize("case", FIRM, ids=lambda case: case.name)


def found_in_bubble(case: Case, fixed: bool) -> list[str]:
    """The threads that the check names; the bubble's end finds them again."""
    found: list[str] = []
    with suppress(LeakError), virtual_time() as bubble:
        try:
            with assert_no_leaks():
                case.body(Program(fixed, 0, bubble))
                sleep(SETTLE)
        except LeakError as error:
            found = THREAD.findall(str(error))
    return found


@every_firm_case
def test_in_a_bubble(case: Case) -> None:
    assert set(found_in_bubble(case, False)) == set(case.leaks[0])
    assert found_in_bubble(case, True) == []


def test_outside_of_bubbles() -> None:
    folder = Path(__file__).parent
    path = os.pathsep.join([str(folder.parent), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-m", f"{folder.name}.outside"], env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, timeout=LIMIT,
    )
    assert ended.stderr == ""
    fixed, _, leaking = ended.stdout.partition("\n")
    assert fixed == "nothing"
    named = Counter(THREAD.findall(leaking))
    assert set(named) == {name for case in FIRM for name in case.leaks[0]}
    assert named["locker"] == 2 * MANY_THREADS
