"""The last line of a table: how a peer compares over all the scenarios that both have."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare import Figures, Results

LABEL = "geometric mean"


def ratios(
    results: Results, ours: str, peer: str, pick: Callable[[Figures], list[float]]
) -> list[float]:
    """The peer's medians over ours. A figure of 0 has none: no geometric mean could hold it."""
    both = [row for row in results.values() if ours in row and peer in row]
    pairs = [(statistics.median(pick(row[peer])), statistics.median(pick(row[ours]))) for row in both]
    return [other / own for other, own in pairs if other and own]


def mean_cell(known: Sequence[float]) -> str:
    """With the number of scenarios that it is of, since not every peer has all."""
    return f"{statistics.geometric_mean(known):.2f} ({len(known)})" if known else "-"


def geometric_means(
    results: Results, contenders: Sequence[str], pick: Callable[[Figures], list[float]]
) -> list[list[str]]:
    """One line for a table that has ratios, and none for one that has not."""
    ours, *peers = contenders
    if not peers:
        return []
    means = [mean_cell(ratios(results, ours, peer, pick)) for peer in peers]
    return [[LABEL, *("" for _ in contenders), *means]]
