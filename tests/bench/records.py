"""What was measured, section by section, kept in results.json until it is measured anew.

A section is stored as soon as it is done, so an interrupted run keeps what it has, and a run of one
section replaces that section alone. Each therefore has facts of its own: when, where and how.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compare import Figures, Results

FILE = "results.json"


@dataclass(frozen=True)
class Record:
    """One section as it was measured. The first contender is ours."""

    title: str
    legend: str
    facts: dict[str, str]
    contenders: dict[str, str]  # the version of each that was there
    skipped: dict[str, str]  # why each of the others was not
    counts: dict[str, int]  # operations in one run, by scenario
    results: Results
    trial: bool  # measured in part only, to try something out

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Record:
        results = {
            scenario: {contender: Figures(**figures) for contender, figures in row.items()}
            for scenario, row in stored["results"].items()
        }
        return cls(**{**stored, "results": results})


Records = dict[str, Record]  # by section


def load(folder: Path) -> Records:
    """All sections stored so far, none if there is no file."""
    file = folder / FILE
    if not file.exists():
        return {}
    return {name: Record.of_json(stored) for name, stored in json.loads(file.read_text()).items()}


def store(folder: Path, name: str, record: Record, order: Sequence[str]) -> None:
    """Puts one section in the place of what was stored of it; `order` is that of all sections.

    The file is replaced in one step, so that no interruption leaves half of it.
    """
    kept = {**load(folder), name: record}
    placed = sorted(kept, key=lambda section: (section not in order, [*order, section].index(section)))
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{FILE}.new"
    fresh.write_text(json.dumps({section: asdict(kept[section]) for section in placed}, indent=1) + "\n")
    os.replace(fresh, folder / FILE)
