"""The parts of the benchmarks that count, bind and build do what their names say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"


@pytest.fixture(autouse=True)
def bench_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


def processors_of_a_child() -> int:
    asked = "import os; print(len(os.sched_getaffinity(0)))"
    return int(subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True).stdout)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no program")
def test_a_pinned_program_has_one_processor() -> None:
    from affinity import one_processor

    before = os.sched_getaffinity(0)
    with one_processor():
        assert processors_of_a_child() == 1
    assert os.sched_getaffinity(0) == before


SLEEPER = """
import sys, time
for _ in range(int(sys.argv[-1])):
    time.sleep(0.002)
print(7)
"""


def test_a_run_counts_wake_ups() -> None:
    """A sleep that is over before it began is none; and the start of the program has some of its own."""
    from compare import Contender, Scenario, run_once

    contender = Contender("sleeper", (sys.executable, "-c", SLEEPER))
    printed, cpu, switches = run_once(contender, Scenario("sleep", 100))
    assert printed == 7
    assert cpu > 0
    assert 0.5 < switches < 3


def test_geometric_mean_is_of_what_both_have() -> None:
    from compare import Figures
    from means import geometric_means

    results = {
        "a": {"ours": Figures([1.0, 1.0, 9.0]), "peer": Figures([2.0, 8.0, 2.0])},
        "b": {"ours": Figures([2.0]), "peer": Figures([16.0])},
        "c": {"ours": Figures([5.0])},
    }
    contenders = ("ours", "peer", "stranger")
    line = geometric_means(results, contenders, lambda figures: figures.values)
    assert line == [["geometric mean", "", "", "", "4.00 (2)", "-"]]
    assert geometric_means(results, ("ours",), lambda figures: figures.values) == []


def test_a_program_is_made_anew_when_it_must_be(tmp_path: Path) -> None:
    from stamp import unless_made

    source, program = tmp_path / "source", tmp_path / "program"
    source.write_text("one")
    made: list[str] = []

    def make() -> None:
        program.touch()
        made.append("once more")

    def build(*command: str) -> int:
        unless_made(program, command, [source], make)
        return len(made)

    assert [build("cc"), build("cc")] == [1, 1]
    assert build("cc", "-O2") == 2
    source.write_text("two")
    assert build("cc", "-O2") == 3
    program.unlink()
    assert build("cc", "-O2") == 4


def test_a_published_command_names_no_place_of_this_machine() -> None:
    from machine import facts

    told = facts(["--only", "beats", "--python", "/some/where/python3.13t"])["command"]
    assert told == "`python tests/bench/run.py --only beats --python python3.13t`"
