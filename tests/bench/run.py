"""Measures heartbeat beside its peers and prints tables. See README.md beside this file.

    python tests/bench/run.py [--quick] [--only SECTION] [--rounds N] [--count N] [--cpu] [--publish]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import interpreters
import machine
import records
import report
from build import BUILD
from compare import Contender, Results, Skipped, measure
from quiet import Runs
from records import Record
from sections import SECTIONS, Plan, Section

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
    parser.add_argument("--cpu", action="store_true", help="also print tables of CPU time and of wake-ups")
    parser.add_argument("--folder", type=Path, help="where results and report go (build/bench/report)")
    parser.add_argument("--publish", action="store_true", help="also write SPEED.md and its pictures")
    options = parser.parse_args(argv)
    # A trial does not take the place of what was measured in full.
    options.trial = bool(options.quick or options.count or options.filter)
    options.folder = options.folder or (BUILD / "trial" if options.trial else report.FOLDER)
    if options.trial and options.publish:
        parser.error("what --quick, --count or --filter measure is not published")
    return options


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run_section(section: Section, plan: Plan, runs: Runs) -> Results:
    results: Results = {}
    for scenario in section.scenarios(plan):
        progress(f"{section.title}: {scenario.name}")
        results[scenario.name] = measure(section.able, scenario, plan.rounds, runs)
    return results


def record_section(section: Section, plan: Plan, patience: int, argv: list[str], trial: bool) -> Record:
    """Measures it, and notes what else was going on."""
    facts, runs = machine.facts(argv), Runs(patience)
    results = run_section(section, plan, runs)
    return Record(
        section.title, section.legend, {**facts, "other programs": runs.report()},
        {c.name: c.version for c in section.contenders if isinstance(c, Contender)},
        {c.name: c.reason for c in section.contenders if isinstance(c, Skipped)},
        {scenario.name: scenario.count for scenario in section.scenarios(plan)},
        results, trial,
    )


def main(argv: list[str]) -> int:
    options = arguments(argv)
    plan = Plan.of(options.quick, options.count, options.rounds or (1 if options.quick else ROUNDS),
                   options.filter)
    for name, make in SECTIONS.items():
        if options.only in (None, name):
            section = interpreters.beside(make(), options.python)
            record = record_section(section, plan, options.patience, argv, options.trial)
            records.store(options.folder, name, record, tuple(SECTIONS))
            print(report.section(record), flush=True)
            if options.cpu and record.contenders:
                print(report.more_tables(record) + "\n", flush=True)
    return report.write(options.folder, options.publish)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
