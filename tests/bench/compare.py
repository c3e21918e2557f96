"""Runs contenders side by side and makes tables of what came out.

A contender is a program: `<command> <scenario> <count>` does one scenario once and
prints one number; without arguments it prints the names of the scenarios it has. Each
number comes from a process of its own, and the contenders take turns (A B C, A B C,
...), so that a machine that gets slower or faster meanwhile does so for all of them.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache, partial

from affinity import one_processor
from means import geometric_means
from quiet import Runs

LONGEST_RUN = 300.0  # seconds; a run that takes longer hangs


@dataclass(frozen=True)
class Contender:
    """A program that measures; `version` says of what."""

    name: str
    command: tuple[str, ...]
    version: str = ""


@dataclass(frozen=True)
class Skipped:
    """A contender that is not there, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Scenario:
    """`count` operations in one run of the scenario `name`."""

    name: str
    count: int
    pinned: bool = False  # all threads on one processor


@dataclass
class Figures:
    """What one contender came to in one scenario, one number a round."""

    values: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # CPU nanoseconds an operation
    switches: list[float] = field(default_factory=list)  # threads put to sleep, an operation

    def add(self, value: float, cpu: float, switches: float) -> None:
        self.values.append(value)
        self.cpu.append(cpu)
        self.switches.append(switches)


Row = dict[str, Figures]  # by contender; who has no such scenario is not in it
Results = dict[str, Row]  # by scenario


# ---- running ----


@cache
def offered(contender: Contender) -> frozenset[str]:
    """The scenarios a contender has."""
    listing = subprocess.run(contender.command, check=True, stdout=subprocess.PIPE, text=True)
    return frozenset(listing.stdout.split())


def use_of_children() -> tuple[float, int]:
    """CPU seconds of all programs that have ended, and how often their threads fell asleep."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime, usage.ru_nvcsw


def run_once(contender: Contender, scenario: Scenario) -> tuple[float, float, float]:
    """What it printed; the CPU nanoseconds and the wake-ups an operation of its process."""
    command = (*contender.command, scenario.name, str(scenario.count))
    cpu_before, switches_before = use_of_children()
    with one_processor() if scenario.pinned else nullcontext():
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, timeout=LONGEST_RUN
        )
    cpu_after, switches_after = use_of_children()
    return (float(done.stdout), (cpu_after - cpu_before) * 1e9 / scenario.count,
            (switches_after - switches_before) / scenario.count)


def measure(
    contenders: Sequence[Contender], scenario: Scenario, rounds: int, runs: Runs
) -> Row:
    """Lets all contenders that have the scenario take turns, `rounds` times."""
    able = [c for c in contenders if scenario.name in offered(c)]
    row = {c.name: Figures() for c in able}
    for _ in range(rounds):
        for contender in able:
            row[contender.name].add(*runs.run(partial(run_once, contender, scenario)))
    return row


# ---- tables ----


def short(value: float) -> str:
    """Three digits that mean something, never an exponent; below a thousandth it is nothing."""
    if value < 0.001:
        return "0"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def spread(values: Sequence[float]) -> str:
    """Median and extremes of one cell."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{short(middle)} ({short(low)} to {short(high)})"


Pick = Callable[[Figures], list[float]]


def wall(figures: Figures) -> list[float]:
    return figures.values


def cpu(figures: Figures) -> list[float]:
    return figures.cpu


def ratio(row: Row, ours: str, peer: str, pick: Pick) -> str:
    """How many times our figure the peer's is: above 1, ours is the smaller."""
    if ours not in row or peer not in row:
        return "-"
    own, other = statistics.median(pick(row[ours])), statistics.median(pick(row[peer]))
    return f"{other / own:.2f}" if own else "-"


def cells(name: str, row: Row, contenders: Sequence[str], pick: Pick) -> list[str]:
    ours, *peers = contenders
    figures = [spread(pick(row[c])) if c in row else "-" for c in contenders]
    return [name, *figures, *(ratio(row, ours, peer, pick) for peer in peers)]


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table whose first line is its head; the first column reads left, the rest right."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]
        for line in (lines[0], rule, *lines[1:])
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)


def table(results: Results, contenders: Sequence[str], pick: Pick = wall) -> str:
    """Median (least to most) of each contender, and the peers' medians over the first's."""
    ours, *peers = contenders
    head = ["scenario", *contenders, *(f"{peer} / {ours}" for peer in peers)]
    lines = [cells(name, row, contenders, pick) for name, row in results.items()]
    return markdown([head, *lines, *geometric_means(results, contenders, pick)])
