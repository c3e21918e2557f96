"""Says of each target whether it is met, from what is stored and from nothing else."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from records import Records
from tables import markdown, short


class At(NamedTuple):
    """Where a figure stands: the median of what a contender came to in a scenario."""

    section: str
    scenario: str
    contender: str = "heartbeat"


class Pair(NamedTuple):
    """A figure of ours; beside a peer's, or by itself."""

    ours: At
    peer: At | None = None
    if_it_has: bool = False  # a peer that was there without this scenario is not asked


class Statistic(Enum):
    """What is asked of several pairs."""

    EACH = "each"
    MEAN = "geometric mean"


class Comparison(Enum):
    """The peer's figure in ours at least so many times, or ours (in the peer's) at most."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True)
class Target:
    work: str
    asks: str  # in words, with {bound} for the number
    pairs: Sequence[Pair]
    comparison: Comparison
    bound: float
    statistic: Statistic = Statistic.EACH
    unit: str = "×"  # of the bound; the sign for a ratio


class Verdict(NamedTuple):
    measured: str
    met: bool | None  # None: not measured


def figure(records: Records, at: At) -> float | None:
    row = records[at.section].results.get(at.scenario, {}) if at.section in records else {}
    return statistics.median(row[at.contender].values) if at.contender in row else None


def number(records: Records, pair: Pair, comparison: Comparison) -> float | None:
    """What is compared with the bound; None if a part of it is not there, or is 0 and has no ratio."""
    ours = figure(records, pair.ours)
    if pair.peer is None or ours is None:
        return ours
    peer = figure(records, pair.peer)
    over, under = (peer, ours) if comparison is Comparison.AT_LEAST else (ours, peer)
    return over / under if over and under else None


def is_asked(records: Records, pair: Pair) -> bool:
    if pair.peer is None or not pair.if_it_has or pair.peer.section not in records:
        return True
    there = records[pair.peer.section]
    return pair.peer.contender not in there.contenders or figure(records, pair.peer) is not None


def holds(value: float, target: Target) -> bool:
    return value >= target.bound if target.comparison is Comparison.AT_LEAST else value <= target.bound


def said(value: float, target: Target) -> str:
    return f"{short(value)}{'' if target.unit == '×' else ' '}{target.unit}"


def judge_mean(values: Sequence[float], target: Target) -> Verdict:
    mean = statistics.geometric_mean(values)
    return Verdict(said(mean, target), holds(mean, target))


def judge_each(values: Sequence[float], target: Target, pairs: Sequence[Pair]) -> Verdict:
    """The worst decides; of several it is named, and the others are counted."""
    pick: Callable[..., float] = min if target.comparison is Comparison.AT_LEAST else max
    worst = pick(values)
    name = pairs[list(values).index(worst)].ours.scenario
    held = [value for value in values if holds(value, target)]
    count = f" ({name}), {len(held)} of {len(values)} meet it" if len(values) > 1 else ""
    return Verdict(said(worst, target) + count, len(held) == len(values))


def judge(records: Records, target: Target) -> Verdict:
    pairs = [pair for pair in target.pairs if is_asked(records, pair)]
    found = [number(records, pair, target.comparison) for pair in pairs]
    values = [value for value in found if value is not None]
    if not values or len(values) < len(found):
        part = f" ({len(values)} of {len(found)} are there)" if values else ""
        return Verdict(f"not measured{part}", None)
    if target.statistic is Statistic.MEAN:
        return judge_mean(values, target)
    return judge_each(values, target, pairs)


def table(records: Records, targets: Sequence[Target]) -> str:
    lines = [("work", "target", "measured", "met?")]
    for target in targets:
        verdict = judge(records, target)
        met = {True: "yes", False: "**no**", None: "-"}[verdict.met]
        lines.append((target.work, target.asks.format(bound=short(target.bound)), verdict.measured, met))
    return markdown(lines, left=4)
