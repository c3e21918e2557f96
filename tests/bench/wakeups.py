"""A table of wake-ups: how often the threads of a contender went to sleep and had to be woken.

It has no ratios. Who hardly ever sleeps comes to nearly nothing, and nothing has no ratio.
"""

from __future__ import annotations

from collections.abc import Sequence

from compare import Results, markdown, spread


def wake_ups(results: Results, contenders: Sequence[str]) -> str:
    lines = [
        [name, *(spread(row[c].switches) if c in row else "-" for c in contenders)]
        for name, row in results.items()
    ]
    return markdown([["scenario", *contenders], *lines])
