"""What `make bench` leaves behind: records, tables, pictures, verdicts, and the published page.

Nothing is measured here. The figures are made so that one sees at once what must come out.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"
sys.path.insert(0, str(BENCH))

import charts  # noqa: E402
import judge  # noqa: E402
import ratios  # noqa: E402
import records  # noqa: E402
import report  # noqa: E402
import sections  # noqa: E402
import targets  # noqa: E402
from compare import Figures, Results  # noqa: E402
from judge import At, Comparison, Pair, Statistic, Target, Verdict  # noqa: E402
from records import Record  # noqa: E402

sys.path.remove(str(BENCH))


@pytest.fixture(autouse=True)
def beside_the_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is imported only when it is needed is found as well."""
    monkeypatch.syspath_prepend(str(BENCH))


needs_matplotlib = pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None,
                                      reason="pictures need matplotlib")
PAGE = """# Speed

By hand, before.

<!-- measured: targets -->
<!-- end of targets -->

By hand, between.

<!-- measured: sections -->
old
<!-- end of sections -->

By hand, after.
"""


def figures(*values: float) -> Figures:
    return Figures(list(values), [2 * value for value in values], [3 * value for value in values])


def results() -> Results:
    """Of three rounds. The peer needs twice as much in one scenario, half as much in another."""
    return {
        "ahead": {"heartbeat": figures(10, 20, 30), "peer": figures(30, 40, 20), "other": figures(40, 40, 40)},
        "behind": {"heartbeat": figures(100, 100, 100), "peer": figures(50, 50, 50)},
        "alone": {"heartbeat": figures(7, 7, 7)},
    }


def record(title: str = "A section", trial: bool = False, command: str = "first") -> Record:
    return Record(title, "Nanoseconds.", {"command": command, "machine": "one"},
                  {"heartbeat": "version 1", "peer": "version 2", "other": "version 3"},
                  {"absent": "there is no absent"}, {"ahead": 3, "behind": 3, "alone": 3}, results(), trial)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """A folder that holds two sections."""
    records.store(tmp_path, "one", record(), ("one", "two"))
    records.store(tmp_path, "two", record("Another section"), ("one", "two"))
    return tmp_path


# ---- records ----


def test_what_was_stored_comes_back(measured: Path) -> None:
    assert records.load(measured) == {"one": record(), "two": record("Another section")}


def test_a_section_that_is_measured_again_replaces_itself_alone(measured: Path) -> None:
    records.store(measured, "one", record("Anew"), ("one", "two"))
    assert records.load(measured) == {"one": record("Anew"), "two": record("Another section")}


def test_sections_stand_in_the_order_of_the_benchmarks(measured: Path) -> None:
    records.store(measured, "zero", record("Before"), ("zero", "one", "two"))
    assert list(records.load(measured)) == ["zero", "one", "two"]


def test_a_folder_without_results_has_no_sections(tmp_path: Path) -> None:
    assert records.load(tmp_path) == {}
    assert report.write(tmp_path, and_publish=False) == 1


# ---- ratios and tables ----


def test_ratio_is_that_of_the_medians_and_spans_the_rounds() -> None:
    assert ratios.ratio([10, 20, 30], [30, 40, 20]) == (pytest.approx(2 / 3), 1.5, 3.0)


def test_a_figure_of_nothing_has_no_ratio() -> None:
    assert ratios.ratio([0, 1, 1], [1, 1, 1]) is None
    assert ratios.ratio([1, 1, 1], [1, 0, 1]) is None


def row_of(text: str, scenario: str) -> list[str]:
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {scenario} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_section_shows_medians_spread_and_ratios() -> None:
    text = report.section(record())
    assert row_of(text, "ahead") == ["ahead", "20 (10 to 30)", "30 (20 to 40)", "40 (40 to 40)", "1.50", "2.00"]
    assert row_of(text, "behind") == ["behind", "100 (100 to 100)", "50 (50 to 50)", "-", "0.50", "-"]
    assert "- absent: skipped: there is no absent" in text


def test_cpu_time_and_wake_ups_have_tables_of_their_own() -> None:
    cpu, wake_ups = report.more_tables(record()).split("Wake-ups")
    assert row_of(report.section(record()), "alone")[1] == "7 (7 to 7)"
    assert row_of(cpu, "alone")[1] == "14 (14 to 14)"
    assert row_of(wake_ups, "alone")[1:] == ["21 (21 to 21)", "-", "-"]
    assert report.more_tables(record()) in report.sections({"one": record()}, {})


def test_a_section_nobody_could_run_says_why() -> None:
    nobody = Record("Nobody", "l", {}, {}, {"heartbeat": "cannot be pinned"}, {}, {}, False)
    assert "- heartbeat: skipped: cannot be pinned" in report.sections({"one": nobody}, {})
    assert charts.of_section(nobody).lines == charts.overview({"one": nobody}).lines == {}


def test_what_all_sections_share_is_said_once(measured: Path) -> None:
    records.store(measured, "two", record("Another section", command="second"), ("one", "two"))
    text = report.sections(records.load(measured), {})
    assert text.count("- machine: one") == 1
    assert text.count("- command: first") == text.count("- command: second") == 1


# ---- targets ----


def asked(comparison: Comparison, bound: float, *pairs: Pair, statistic: Statistic = Statistic.EACH) -> Verdict:
    target = Target("work", "at {bound}", pairs, comparison, bound, statistic)
    return judge.judge({"one": record()}, target)


def beside(scenario: str, peer: str = "peer", *, if_it_has: bool = False) -> Pair:
    return Pair(At("one", scenario), At("one", scenario, peer), if_it_has)


def test_a_target_is_met_at_its_bound_and_missed_beyond() -> None:
    alone = Pair(At("one", "alone"))
    assert asked(Comparison.AT_MOST, 7, alone) == ("7×", True)
    assert asked(Comparison.AT_MOST, 6.9, alone) == ("7×", False)
    assert asked(Comparison.AT_LEAST, 1.5, beside("ahead")) == ("1.5×", True)
    assert asked(Comparison.AT_LEAST, 1.6, beside("ahead")) == ("1.5×", False)
    assert asked(Comparison.AT_MOST, 2, beside("behind")) == ("2×", True)


def test_of_several_the_worst_decides() -> None:
    both = beside("ahead"), beside("behind")
    assert asked(Comparison.AT_LEAST, 1, *both) == ("0.5× (behind), 1 of 2 meet it", False)
    assert asked(Comparison.AT_LEAST, 0.5, *both) == ("0.5× (behind), 2 of 2 meet it", True)


def test_geometric_mean_of_several() -> None:
    both = beside("ahead"), beside("behind")
    assert asked(Comparison.AT_LEAST, 0.86, *both, statistic=Statistic.MEAN) == ("0.866×", True)
    assert asked(Comparison.AT_LEAST, 0.87, *both, statistic=Statistic.MEAN) == ("0.866×", False)


@pytest.mark.parametrize("missing", [
    Pair(At("nowhere", "ahead")), Pair(At("one", "nothing")), beside("ahead", "absent"), beside("alone"),
    beside("ahead", "absent", if_it_has=True),
])
def test_a_target_without_its_figures_is_not_measured(missing: Pair) -> None:
    assert asked(Comparison.AT_LEAST, 0, missing) == ("not measured", None)
    assert asked(Comparison.AT_LEAST, 0, beside("ahead"), missing).met is None


def test_a_peer_may_be_asked_only_for_what_it_has() -> None:
    lenient = beside("ahead", "other", if_it_has=True), beside("behind", "other", if_it_has=True)
    assert asked(Comparison.AT_LEAST, 2, *lenient) == ("2×", True)


def test_every_declared_target_is_judged_by_figures_alone() -> None:
    assert len(targets.TARGETS) > 20
    for target in targets.TARGETS:
        assert judge.judge({}, target) == ("not measured", None)


def test_targets_ask_for_sections_and_scenarios_that_the_core_has() -> None:
    scenarios = {"core": sections.CORE, "go": sections.MICRO}
    named = {pair.ours for target in targets.TARGETS for pair in target.pairs if pair.ours.section in scenarios}
    assert {at.section for at in named} == set(scenarios)
    assert [at for at in named if at.scenario not in scenarios[at.section]] == []


# ---- pictures ----


def test_chart_of_a_section_shows_what_has_a_ratio() -> None:
    chart = charts.of_section(record())
    assert chart.against == "heartbeat" and chart.series == ("peer", "other")
    assert {name: set(drawn) for name, drawn in chart.lines.items()} == {"ahead": {"peer", "other"}, "behind": {"peer"}}


def test_chart_of_a_section_without_peers_shows_our_figures() -> None:
    alone = Record("t", "l", {}, {"heartbeat": ""}, {}, {}, {"a": {"heartbeat": figures(1, 2, 3)}}, False)
    chart = charts.of_section(alone)
    assert chart.against == "" and chart.lines == {"a": {"heartbeat": (1, 2, 3)}}


def test_overview_shows_the_mean_between_worst_and_best() -> None:
    chart = charts.overview({"one": record()})
    assert chart.lines["peer"] == {"A section": (0.5, pytest.approx(0.75**0.5), 1.5)}


@needs_matplotlib
def test_pictures_of_the_same_results_are_the_same(measured: Path) -> None:
    assert report.write(measured, and_publish=False) == 0
    first = {path.name: path.read_bytes() for path in measured.glob("*.svg")}
    assert report.write(measured, and_publish=False) == 0
    assert {path.name: path.read_bytes() for path in measured.glob("*.svg")} == first
    assert set(first) == {"one.svg", "two.svg", "overview.svg"}


@needs_matplotlib
def test_a_picture_names_every_scenario_and_peer(measured: Path) -> None:
    report.write(measured, and_publish=False)
    drawn = (measured / "one.svg").read_text()
    for text in ("A section", "ahead", "behind", "peer", "other", "heartbeat needs less →"):
        assert f"<!-- {text} -->" in drawn
    assert "<!-- alone -->" not in drawn


@needs_matplotlib
def test_a_peer_looks_the_same_everywhere_and_like_nobody_beside_it() -> None:
    import pictures

    series = [("a", "b"), ("c",), ("c", "b", "d")]
    looks = pictures.looks_of(charts.Chart("", "", names, {}, "") for names in series)
    assert set(looks) == {"a", "b", "c", "d"}
    assert [len({looks[name] for name in names}) for names in series] == [2, 1, 3]


def test_without_matplotlib_there_are_tables(
    measured: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert report.write(measured, and_publish=False) == 0
    assert "no pictures: " in capsys.readouterr().err
    assert report.section(record("Another section"), known=record().facts) in (measured / "report.md").read_text()
    assert list(measured.glob("*.svg")) == []


# ---- the page ----


@needs_matplotlib
def test_publishing_keeps_what_was_written_by_hand(measured: Path, tmp_path: Path) -> None:
    page, pictures = tmp_path / "SPEED.md", tmp_path / "pictures"
    page.write_text(PAGE)
    for _ in range(2):
        assert report.publish(records.load(measured), page, pictures) == ""
        text = page.read_text()
        assert [line for line in text.splitlines() if line in PAGE.splitlines() and line] == [
            line for line in PAGE.splitlines() if line and line != "old"]
        assert text.count("## A section") == text.count("| work ") == 1
    assert {f"pictures/{path.name}" for path in pictures.iterdir()} == set(
        re.findall(r"\((pictures/\w+\.svg)\)", text))


def test_a_trial_is_not_published(tmp_path: Path) -> None:
    page = tmp_path / "SPEED.md"
    page.write_text(PAGE)
    refused = report.publish({"one": record(trial=True)}, page, tmp_path / "pictures")
    assert refused == "measured in part only: one"
    assert page.read_text() == PAGE


def test_a_page_without_markers_is_not_touched() -> None:
    with pytest.raises(ValueError, match="'sections', and has 0"):
        report.with_part("# Speed\n", "sections", "text")
