"""Runs contenders side by side.

A contender is a program: `<command> <scenario> <count>` does one scenario once and
prints one number; without arguments it prints the names of the scenarios it has. Each
number comes from a process of its own, and the contenders take turns (A B C, A B C,
...), so that a machine that gets slower or faster meanwhile does so for all of them.
"""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache, partial

from affinity import one_processor
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
