"""`run.py` keeps each section as soon as it is done. Its contenders here are made: they print numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"
sys.path.insert(0, str(BENCH))

import records  # noqa: E402
import run  # noqa: E402
from compare import Contender, Skipped  # noqa: E402
from sections import Section  # noqa: E402

sys.path.remove(str(BENCH))

# Offers the scenario "work"; an operation takes it as many nanoseconds as its argument says.
PROGRAM = "import sys; print(sys.argv[1] if len(sys.argv) > 2 else 'work')"

Make = Callable[[], Section]


def contender(name: str, nanoseconds: int) -> Contender:
    return Contender(name, (sys.executable, "-c", PROGRAM, str(nanoseconds)), f"version of {name}")


def section(title: str) -> Section:
    both = contender("heartbeat", 10), contender("peer", 20), Skipped("absent", "there is none")
    return Section(title, "Nanoseconds.", both, {"work": 4})


def interrupted() -> Section:
    raise KeyboardInterrupt


@pytest.fixture
def run_sections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """Measures these sections, of which there are no others; report and results go to tmp_path."""
    monkeypatch.syspath_prepend(str(BENCH))

    def measure(sections: dict[str, Make], *options: str) -> int:
        monkeypatch.setattr(run, "SECTIONS", sections)
        return run.main(["--folder", str(tmp_path), *options])

    return measure


def test_all_rounds_of_all_contenders_are_kept(run_sections: Callable[..., int], tmp_path: Path) -> None:
    assert run_sections({"one": lambda: section("One")}, "--rounds", "3") == 0
    kept = records.load(tmp_path)["one"]
    row = kept.results["work"]
    assert row["heartbeat"].values == [10, 10, 10] and row["peer"].values == [20, 20, 20]
    assert len(row["peer"].cpu) == 3 and min(row["peer"].cpu) > 0
    assert kept.contenders == {"heartbeat": "version of heartbeat", "peer": "version of peer"}
    assert kept.skipped == {"absent": "there is none"} and kept.counts == {"work": 4}
    assert {"command", "time", "machine", "system", "other programs"} <= set(kept.facts)
    assert "| work" in (tmp_path / "report.md").read_text()


def test_an_interrupted_run_keeps_what_it_has(run_sections: Callable[..., int], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_sections({"one": lambda: section("One"), "two": interrupted})
    assert [kept.title for kept in records.load(tmp_path).values()] == ["One"]


def test_only_one_section_is_measured_anew(run_sections: Callable[..., int], tmp_path: Path) -> None:
    run_sections({"one": lambda: section("One"), "two": lambda: section("Two")}, "--rounds", "1")
    before = records.load(tmp_path)["one"]
    run_sections({"one": interrupted, "two": lambda: section("Anew")}, "--rounds", "2", "--only", "two")
    after = records.load(tmp_path)
    assert after["one"] == before
    assert after["two"].title == "Anew" and len(after["two"].results["work"]["peer"].values) == 2


@pytest.mark.parametrize("part", ["--quick", "--count=100", "--filter=work"])
def test_what_is_measured_in_part_is_a_trial(part: str) -> None:
    assert run.arguments([part]).trial and run.arguments([part]).folder.name == "trial"
    with pytest.raises(SystemExit):
        run.arguments([part, "--publish"])


def test_a_full_run_goes_into_the_report() -> None:
    options = run.arguments(["--only", "core", "--rounds", "1", "--publish"])
    assert not options.trial and options.folder == run.report.FOLDER
