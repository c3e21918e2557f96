"""Holds the instructions of the hot paths against their budgets. See README.md beside this file.

    python tests/bench/check.py [--record] [--filter TEXT]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import budget
import callgrind
from suites import HOT, Suite, core, python

BUDGETS = HOT / "budgets.json"


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench/check.py", description=__doc__.split("\n")[0])
    parser.add_argument("--record", action="store_true", help="makes what is counted now the budgets")
    parser.add_argument("--filter", default="",
                        help="only paths in whose name this is, such as 'core pulse' or 'select'")
    return parser.parse_args(argv)


def is_chosen(suite: Suite, path: str, text: str) -> bool:
    return text in f"{suite.name} {path}"


def chosen_of(suite: Suite, text: str) -> list[str]:
    return [path for path in suite.paths() if is_chosen(suite, path, text)]


def measure(suite: Suite, text: str) -> budget.Counts:
    return {path: callgrind.count_each((*suite.command, path), suite.environment, suite.count)
            for path in chosen_of(suite, text)}


def record(suites: Sequence[Suite], file: Path, text: str) -> None:
    """Of what was not counted the old budget stays, as long as there is such a path."""
    groups = budget.load(file)
    for suite in suites:
        there = set(suite.paths())
        kept = {path: old for path, old in groups.get(suite.tools, {}).items() if path in there}
        groups[suite.tools] = kept | measure(suite, text)
    budget.save(file, groups)
    print(f"recorded in {file}")


def compare(suite: Suite, groups: budget.Groups, text: str) -> list[budget.Line]:
    """Nothing if the budgets are of other tools: what these make of the same source is no news."""
    print(f"\n{suite.name}: instructions an operation, {suite.tools}\n")
    if suite.tools not in groups:
        print(f"NOT COMPARED: there are budgets only for: {' | '.join(groups)}")
        return []
    held = {path: old for path, old in groups[suite.tools].items() if is_chosen(suite, path, text)}
    lines = budget.compare(held, measure(suite, text))
    print(budget.table(lines))
    return lines


def check(suites: Sequence[Suite], file: Path, text: str) -> int:
    """0: nothing fails, which is said to be little if nothing was compared. 1: something does."""
    groups = budget.load(file)
    if not groups:
        sys.exit(f"there are no budgets in {file}: make bench-check ARGS=--record")
    lines = [line for suite in suites for line in compare(suite, groups, text)]
    print(f"\n{budget.summary(lines)}")
    return 1 if budget.fails(lines) else 0


def main(argv: list[str]) -> int:
    options = arguments(argv)
    if not callgrind.is_there():
        sys.exit("there is no valgrind: on Debian, apt-get install valgrind")
    suites = [suite for suite in (core(), python()) if chosen_of(suite, options.filter)]
    if not suites:
        sys.exit(f"no path has {options.filter!r} in its name")
    if options.record:
        record(suites, BUDGETS, options.filter)
        return 0
    return check(suites, BUDGETS, options.filter)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
