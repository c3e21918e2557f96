"""The last line of a table: how a peer compares over all the scenarios that both have."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from compare import Figures, Results
from ratios import ratio

LABEL = "geometric mean"

Pick = Callable[[Figures], list[float]]


def ratios(results: Results, ours: str, peer: str, pick: Pick) -> list[float]:
    """The peer's medians over ours, of the scenarios that both have and that have a ratio."""
    both = (row for row in results.values() if ours in row and peer in row)
    found = (ratio(pick(row[ours]), pick(row[peer])) for row in both)
    return [each.middle for each in found if each]


def mean_cell(known: Sequence[float]) -> str:
    """With the number of scenarios that it is of, since not every peer has all."""
    return f"{statistics.geometric_mean(known):.2f} ({len(known)})" if known else "-"


def geometric_means(results: Results, contenders: Sequence[str], pick: Pick) -> list[list[str]]:
    """One line for a table that has ratios, and none for one that has not."""
    ours, *peers = contenders
    if not peers:
        return []
    means = [mean_cell(ratios(results, ours, peer, pick)) for peer in peers]
    return [[LABEL, *("" for _ in contenders), *means]]
