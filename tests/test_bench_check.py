"""The guard of the hot paths: what it reads, how it judges, what it records."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support import SANITIZED

BENCH = Path(__file__).parent / "bench"
REPORT = """\
# callgrind format
version: 1
events: Ir

fn=(1) main
12 2000
calls=1 0
13 2873566
totals: {}
"""


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


@pytest.fixture
def check() -> ModuleType:
    import check

    return check


@pytest.fixture
def counted(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What callgrind is made to find, by path; only these are counted."""
    now: dict[str, float] = {}
    monkeypatch.setattr(check.callgrind, "count_each", lambda command, *_: now[command[-1]])
    return now


def suite(*paths: str, tools: str = "cc 1") -> Any:
    """A program that has these paths."""
    from suites import Suite

    return Suite("core", tools, (sys.executable, "-c", f"print(*{paths!r})"), 1)


# ---- what callgrind says ----


def test_total_is_that_of_the_whole_program() -> None:
    import callgrind

    assert callgrind.total_in(REPORT.format(5613566)) == 5613566


@pytest.mark.parametrize("report", ["", REPORT.format(""), "events: Ir\ntotals: none\n"])
def test_a_report_without_a_total_is_an_error(report: str) -> None:
    import callgrind

    with pytest.raises(ValueError, match="counted nothing"):
        callgrind.total_in(report)


def test_start_of_the_program_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    import callgrind

    monkeypatch.setattr(callgrind, "count", lambda command, _: 1_000_000 + 274 * int(command[-1]))
    assert callgrind.count_each(("program", "path"), {}, 2000) == 274.0


# ---- verdicts ----


@pytest.mark.parametrize(("now", "verdict", "change"), [
    (100.0, "within", "+0.0%"), (103.0, "within", "+3.0%"), (97.0, "within", "-3.0%"),
    (103.1, "over", "+3.1%"), (200.0, "over", "+100.0%"),
    (96.9, "under: record anew", "-3.1%"),
])
def test_slack_is_three_percent(now: float, verdict: str, change: str) -> None:
    import budget

    line = budget.Line("send_recv", 100.0, now)
    assert (line.verdict, line.change) == (verdict, change)


def test_paths_without_a_budget_and_budgets_without_a_path_fail() -> None:
    import budget

    gone, new = budget.compare({"gone": 1.0}, {"new": 2.0})
    assert gone.verdict == budget.GONE and new.verdict == budget.UNKNOWN
    assert budget.fails([gone]) and budget.fails([new])


def test_only_what_is_over_fails() -> None:
    import budget

    held = {"a": 100.0, "b": 100.0}
    assert not budget.fails(budget.compare(held, {"a": 50.0, "b": 100.0}))
    assert budget.fails(budget.compare(held, {"a": 50.0, "b": 104.0}))


# ---- tools ----


def test_tools_tell_builds_of_one_version_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    import suites

    built = {"CONFIG_ARGS": "'--prefix=/usr' '--with-lto'", "CFLAGS": "-Wall -O2 -fwrapv -g -DNDEBUG"}
    monkeypatch.setattr(suites.sysconfig, "get_config_var", built.get)
    assert suites.build_options() == "--with-lto -O2 -fwrapv"
    built["CFLAGS"] = "-O3 -fwrapv"
    assert suites.build_options() == "--with-lto -O3 -fwrapv"


@pytest.mark.parametrize(("version", "short"), [
    ("GCC 12.2.0", "gcc 12"), ("Clang 17.0.6 (++20231208)", "clang 17"), ("unknown", "unknown")])
def test_of_a_compiler_its_kind_and_major_count(version: str, short: str) -> None:
    from suites import kind_and_major

    assert kind_and_major(version) == short


# ---- the command ----


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "budgets.json"
    made.write_text(json.dumps({"cc 1": {"pulse": 68.0, "unit": 500.0}}))
    return made


def test_table_shows_what_is_over(check: ModuleType, counted: dict[str, float], file: Path,
                                  capsys: pytest.CaptureFixture[str]) -> None:
    counted |= {"pulse": 75.0, "unit": 500.0}
    assert check.check([suite("pulse", "unit")], file, "") == 1
    said = re.sub(" +", " ", capsys.readouterr().out)
    assert "| pulse | 68.0 | 75.0 | +10.3% | over |" in said
    assert "compared 2, slack 3%: 1 over" in said


def test_less_than_the_budget_passes_and_is_told(check: ModuleType, counted: dict[str, float], file: Path,
                                                 capsys: pytest.CaptureFixture[str]) -> None:
    counted |= {"pulse": 60.0, "unit": 500.0}
    assert check.check([suite("pulse", "unit")], file, "") == 0
    assert "1 under: record anew" in capsys.readouterr().out


def test_filter_leaves_other_budgets_alone(check: ModuleType, counted: dict[str, float], file: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    counted |= {"pulse": 68.0}
    assert check.check([suite("pulse", "unit")], file, "core pul") == 0
    assert "compared 1, slack 3%: all within" in capsys.readouterr().out


@pytest.mark.usefixtures("counted")  # to count at all would be a KeyError
def test_other_tools_are_not_compared(check: ModuleType, file: Path,
                                      capsys: pytest.CaptureFixture[str]) -> None:
    assert check.check([suite("pulse", tools="cc 2")], file, "") == 0
    said = capsys.readouterr().out
    assert "NOT COMPARED: there are budgets only for: cc 1" in said
    assert said.endswith("nothing was compared\n")


def test_without_any_budgets_it_fails(check: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--record"):
        check.check([suite("pulse")], tmp_path / "none.json", "")


def test_record_writes_a_sorted_path_a_line(check: ModuleType, counted: dict[str, float],
                                            tmp_path: Path) -> None:
    counted |= {"unit": 534.0, "pulse": 68.5}
    check.record([suite("unit", "pulse")], tmp_path / "new.json", "")
    assert (tmp_path / "new.json").read_text().splitlines() == [
        "{", '  "cc 1": {', '    "pulse": 68.5,', '    "unit": 534.0', "  }", "}"]


def test_record_keeps_what_it_did_not_count(check: ModuleType, counted: dict[str, float],
                                            file: Path) -> None:
    counted |= {"pulse": 60.0}
    check.record([suite("pulse", "unit")], file, "pulse")
    check.record([suite("pulse", tools="cc 2")], file, "")
    assert json.loads(file.read_text()) == {"cc 1": {"pulse": 60.0, "unit": 500.0}, "cc 2": {"pulse": 60.0}}


def test_record_forgets_paths_there_are_no_more(check: ModuleType, counted: dict[str, float],
                                                file: Path) -> None:
    counted |= {"pulse": 60.0}
    check.record([suite("pulse")], file, "")
    assert json.loads(file.read_text()) == {"cc 1": {"pulse": 60.0}}


def test_without_valgrind_it_says_how_to_get_it(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="apt-get install valgrind"):
        check.main([])


# ---- the real thing ----


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's instructions would be counted")
def test_a_pulse_is_counted() -> None:
    import callgrind
    from suites import core

    if not callgrind.is_there():
        pytest.skip("there is no valgrind")
    real = core()
    counts = {callgrind.count_each((*real.command, "pulse"), real.environment, 500) for _ in range(2)}
    assert len(counts) == 1 and 10 < counts.pop() < 1000


def test_every_path_has_a_budget_and_is_explained() -> None:
    groups: dict[str, dict[str, float]] = json.loads((BENCH / "hot" / "budgets.json").read_text())
    guard = (BENCH / "README.md").read_text().partition("## The guard")[2].partition("\n## ")[0]
    in_c = re.findall(r'^    \{ "(\w+)"', (BENCH / "hot" / "paths.c").read_text(), re.MULTILINE)
    from_python = re.findall(r"^def (\w+)\(count", (BENCH / "hot" / "paths.py").read_text(), re.MULTILINE)
    assert len(in_c) >= 10 and len(from_python) >= 5
    for tools, counts in groups.items():
        assert sorted(counts) == sorted(from_python if "Python" in tools else in_c), tools
    assert [path for path in {*in_c, *from_python} if f"`{path}`" not in guard] == []
