"""Budgets: how many instructions an operation may take, by path and by what it was compiled with.

Other compilers make other instructions of the same source, so a count is only held against a budget
that was recorded with the same tools. A group is the paths and counts of one set of tools.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tables import markdown

SLACK = 0.03
Counts = dict[str, float]
Groups = dict[str, Counts]  # by tools

WITHIN, OVER, UNDER = "within", "over", "under: record anew"
UNKNOWN, GONE = "no budget: record it", "no such path: record anew"
FAILURES = {OVER, UNKNOWN, GONE}


@dataclass(frozen=True)
class Line:
    """One path, and what is said of it."""

    path: str
    budget: float | None
    now: float | None

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return UNKNOWN
        if self.now is None:
            return GONE
        if abs(self.now - self.budget) <= SLACK * self.budget:
            return WITHIN
        return OVER if self.now > self.budget else UNDER

    @property
    def change(self) -> str:
        if not self.budget or self.now is None:
            return "-"
        return f"{self.now / self.budget - 1:+.1%}"

    def cells(self) -> list[str]:
        figures = ("-" if figure is None else f"{figure:.1f}" for figure in (self.budget, self.now))
        return [self.path, *figures, self.change, self.verdict]


def compare(budgets: Counts, now: Counts) -> list[Line]:
    """A line for each path that is in either."""
    return [Line(path, budgets.get(path), now.get(path)) for path in sorted({*budgets, *now})]


def fails(lines: Iterable[Line]) -> bool:
    return any(line.verdict in FAILURES for line in lines)


def summary(lines: Sequence[Line]) -> str:
    """What it comes to, in a line."""
    count = Counter(line.verdict for line in lines)
    said = [f"{count[verdict]} {verdict}" for verdict in (OVER, UNKNOWN, GONE, UNDER) if count[verdict]]
    if not lines:
        return "nothing was compared"
    return f"compared {len(lines)}, slack {SLACK:.0%}: {', '.join(said) or 'all within their budgets'}"


def table(lines: Iterable[Line]) -> str:
    return markdown([["path", "budget", "now", "change", "verdict"], *(line.cells() for line in lines)])


# ---- the file ----


def load(file: Path) -> Groups:
    groups: Groups = json.loads(file.read_text()) if file.exists() else {}
    return groups


def save(file: Path, groups: Groups) -> None:
    """A path a line, in the order of the alphabet: a change of one is a change of one line."""
    file.write_text(json.dumps(groups, indent=2, sort_keys=True) + "\n")
