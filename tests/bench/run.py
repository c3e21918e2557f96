"""Measures heartbeat beside its peers and prints tables. See README.md beside this file.

    python tests/bench/run.py [--quick] [--only SECTION] [--rounds N] [--count N] [--cpu]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import interpreters
import machine
from compare import Contender, Results, cpu, measure, table
from quiet import Runs
from sections import SECTIONS, Plan, Section
from wakeups import wake_ups

ROUNDS = 5


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench/run.py", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true",
                        help="small counts, one round: shows that everything runs, measures nothing")
    parser.add_argument("--only", choices=tuple(SECTIONS), help="one section instead of all")
    parser.add_argument("--rounds", type=int, help=f"turns each contender gets ({ROUNDS})")
    parser.add_argument("--count", type=int, help="messages in a run of a core scenario")
    parser.add_argument("--filter", default="", help="only scenarios whose name contains this")
    parser.add_argument("--patience", type=int, default=0,
                        help="how often to repeat a run that other programs disturbed (0)")
    parser.add_argument("--python", type=Path, action="append", default=[], metavar="PATH",
                        help="another interpreter to run heartbeat's scenarios under; may be repeated")
    parser.add_argument("--cpu", action="store_true", help="also tables of CPU time and of wake-ups")
    return parser.parse_args(argv)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run_section(section: Section, plan: Plan, runs: Runs) -> Results:
    results: Results = {}
    for scenario in section.scenarios(plan):
        progress(f"{section.title}: {scenario.name}")
        results[scenario.name] = measure(section.able, scenario, plan.rounds, runs)
    return results


def show(section: Section, results: Results, with_cpu: bool) -> None:
    names = [contender.name for contender in section.able]
    print(f"\n## {section.title}\n\n{section.legend}\n")
    for contender in section.contenders:
        said = contender.version if isinstance(contender, Contender) else f"skipped: {contender.reason}"
        print(f"- {contender.name}: {said}")
    if names:
        show_tables(results, names, with_cpu)


def show_tables(results: Results, names: list[str], with_cpu: bool) -> None:
    print(f"\n{table(results, names)}")
    if with_cpu:
        print(f"\nCPU time of the whole process, nanoseconds an operation:\n\n{table(results, names, cpu)}")
        print(f"\nWake-ups, how many an operation:\n\n{wake_ups(results, names)}")


def main(argv: list[str]) -> int:
    options = arguments(argv)
    plan = Plan.of(options.quick, options.count, options.rounds or (1 if options.quick else ROUNDS),
                   options.filter)
    runs = Runs(options.patience)
    print(machine.describe(argv))
    for name, make in SECTIONS.items():
        if options.only in (None, name):
            section = interpreters.beside(make(), options.python)
            show(section, run_section(section, plan, runs), options.cpu)
    print(f"\n{runs.report()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
