"""The benchmarks run and their tables are complete. How fast anything is, is not asked."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"
NUMBER = re.compile(r"[\d.]+ \([\d.]+ to [\d.]+\)")
Table = dict[str, dict[str, str]]  # by scenario, by column

# How many scenarios each contender has, by section.
ROWS = {
    "core": {"heartbeat": 22, "crossbeam": 22, "flume": 18, "kanal": 14, "std mpsc": 10, "Go": 16},
    "go": {"heartbeat": 22, "Go": 22},
    "python": {"heartbeat": 53, "queue.Queue": 18, "queue.SimpleQueue": 11, "C method": 9},
    "peers": {"heartbeat": 26, "culsans": 14, "aiologic": 14, "janus": 14, "pygolang": 22, "pysync-nogil": 17,
              "asyncio.Queue": 13, "asyncio, two threads": 3, "multiprocessing.SimpleQueue": 1,
              "multiprocessing.Pipe": 1},
    "workers": {"heartbeat": 6, "threading.Thread": 3},
    "monitors": {"heartbeat": 8},
    "beats": {"heartbeat": 4, "heartbeat in C": 3, "C method": 1, "threading.Event": 2, "faulthandler": 1,
              "threading.Timer": 1},
    "timers": {"heartbeat": 11, "heartbeat in C": 11, "Go": 11, "threading.Timer": 3, "asyncio.call_later": 7,
               "sched": 5},
    "memory": {"heartbeat": 3, "heartbeat in C": 3, "Go": 1, "queue.Queue": 1, "queue.SimpleQueue": 1,
               "asyncio.Queue": 1, "threading.Event": 1, "threading.Thread": 1},
    "size": {"heartbeat": 3, "asyncio.Queue": 1, "multiprocessing.Pipe": 1, "culsans": 1, "aiologic": 1,
             "janus": 1, "pygolang": 1, "pysync-nogil": 1},
    "pinned": {"heartbeat": 4, "crossbeam": 4, "flume": 4, "kanal": 4, "std mpsc": 3, "Go": 4},
    "pinned-python": {"heartbeat": 3, "queue.Queue": 2, "queue.SimpleQueue": 1},
    "crowded": {"heartbeat": 3, "crossbeam": 3, "flume": 3, "kanal": 3, "Go": 3},
}


def is_instrumented() -> bool:
    """A sanitizer is preloaded, or built into the interpreter."""
    return "LD_PRELOAD" in os.environ or "sanitizer" in str(sysconfig.get_config_var("CONFIG_ARGS"))


def quick(section: str, folder: Path) -> str:
    command = [sys.executable, str(BENCH / "run.py"), "--quick", "--only", section, "--folder", str(folder)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def table_in(report: str) -> Table:
    head, _, *rows = [cells(line) for line in report.splitlines() if line.startswith("|")]
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def skipped_in(report: str) -> set[str]:
    return set(re.findall(r"^- (.+): skipped: .+$", report, re.MULTILINE))


def filled(table: Table, contender: str) -> list[str]:
    return [name for name, row in table.items() if NUMBER.fullmatch(row.get(contender, ""))]


@pytest.mark.skipif(is_instrumented(), reason="a benchmark means nothing under a sanitizer")
@pytest.mark.parametrize("section", ROWS)
def test_table_is_complete(section: str, tmp_path: Path) -> None:
    if section.startswith("pinned") and not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system binds no program to a processor")
    report = quick(section, tmp_path)
    table, skipped = table_in(report), skipped_in(report)
    assert "heartbeat" not in skipped
    for contender, expected in ROWS[section].items():
        assert len(filled(table, contender)) == (0 if contender in skipped else expected), contender


def named_in_readme() -> set[str]:
    """What stands in backquotes in the first column of the lists of scenarios."""
    return set(re.findall(r"^\| `([\w.-]+)`", (BENCH / "README.md").read_text(), re.MULTILINE))


def base_name(scenario: str) -> str:
    """Without the capacity, the number of sources, or what is varied."""
    return re.sub(r"-(many-)?(n|unbounded|interval|\d+)$", "", scenario)


def test_readme_explains_every_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    import sections

    counts = {**sections.CORE, **sections.MICRO, **sections.PYTHON, **sections.BEATS, **sections.WORKERS,
              **sections.MONITORS, **sections.PEERS, **sections.TIMERS, **sections.MEMORY, **sections.SIZE,
              **sections.PINNED, **sections.PINNED_PYTHON, **sections.CROWDED}
    assert named_in_readme() == {base_name(name) for name in counts}
