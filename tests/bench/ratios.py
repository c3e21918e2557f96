"""What the numbers of several rounds come to: a median with its spread, and a ratio of two."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """The middle of several rounds, and how far they lie apart."""

    least: float
    middle: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    return Spread(min(values), statistics.median(values), max(values))


def ratio(own: Sequence[float], other: Sequence[float]) -> Spread | None:
    """How many times our figure the other's is: above 1, ours is the smaller.

    The middle is the ratio of the medians. It lies between the least and the most ratio of
    two figures of one round. A figure of 0 has no ratio.
    """
    if not all(own) or not all(other):
        return None
    rounds = [theirs / ours for ours, theirs in zip(own, other, strict=True)]
    return Spread(min(rounds), statistics.median(other) / statistics.median(own), max(rounds))
