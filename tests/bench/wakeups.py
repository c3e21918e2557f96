"""A table of wake-ups: how often the threads of a contender went to sleep and had to be woken.

It has no ratios. Who hardly ever sleeps comes to nearly nothing, and nothing has no ratio.
"""

from __future__ import annotations

from collections.abc import Sequence

from compare import Figures, Results
from tables import figure_cell, markdown


def switches(figures: Figures) -> list[float]:
    return figures.switches


def wake_ups(results: Results, contenders: Sequence[str]) -> str:
    lines = [
        [name, *(figure_cell(row, contender, switches) for contender in contenders)]
        for name, row in results.items()
    ]
    return markdown([["scenario", *contenders], *lines])
