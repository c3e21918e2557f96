"""The pytest plugin: virtual time and exploration in tests, and what a failure shows.

Tests of tests: each runs pytest on a small file of its own.
"""

from __future__ import annotations

import re
import sys
import time

import pytest

import heartbeat
from heartbeat.testing import Bubble

IMPORTS = """
import pytest
from heartbeat import *
from heartbeat.testing import virtual_time as bubble_for
"""


# No other plugin is loaded: each would be imported afresh for every run.
ALONE = ["-p", "heartbeat.pytest_plugin", "-p", "no:cacheprovider"]


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(IMPORTS + source)
    return pytester.runpytest_inprocess(*ALONE, *arguments)


# ---- virtual time: used here as users would ----


def test_the_fixture_is_a_bubble_that_is_entered(virtual_time: Bubble) -> None:
    began = time.monotonic()
    assert virtual_time.now == heartbeat.now() == 0
    heartbeat.sleep(1000)
    assert virtual_time.now == heartbeat.now() == 1000
    assert time.monotonic() - began < 500


@pytest.mark.virtual_time
def test_the_marker_needs_no_arguments() -> None:
    assert heartbeat.now() == 0
    heartbeat.sleep(1000)
    assert heartbeat.now() == 1000


@pytest.mark.virtual_time(5.0, 3, patch=True)
def test_the_marker_takes_those_of_virtual_time() -> None:
    assert heartbeat.now() == 5
    time.sleep(1000)
    assert time.monotonic() == heartbeat.now() == 1005


@pytest.mark.virtual_time(start=7)
def test_the_marker_parametrises_the_fixture(virtual_time: Bubble) -> None:
    assert virtual_time.now == 7


@pytest.fixture
def channel_outside() -> heartbeat.Channel[int]:
    return heartbeat.Channel(1)


@pytest.fixture
def channel_inside(virtual_time: Bubble) -> heartbeat.Channel[int]:
    return heartbeat.Channel(1)


@pytest.mark.virtual_time(start=50)
def test_fixtures_of_a_marked_test_live_in_real_time(channel_outside: heartbeat.Channel[int]) -> None:
    channel_outside.send(1)  # nobody's but the world's: everybody may use it
    assert channel_outside.recv() == 1
    assert heartbeat.now() == 50


def test_fixtures_that_ask_for_the_bubble_are_inside(
        channel_inside: heartbeat.Channel[int], virtual_time: Bubble) -> None:
    task = heartbeat.go(channel_inside.recv)
    virtual_time.wait()
    channel_inside.send(4)
    assert task.result() == 4


class TestOfAClass:
    @pytest.mark.virtual_time(start=1)
    def test_a_method_can_be_marked(self) -> None:
        assert heartbeat.now() == 1

    @pytest.mark.virtual_time(start=2)
    @pytest.mark.parametrize("n", [1, 2])
    def test_a_parametrized_one_too(self, n: int) -> None:
        heartbeat.sleep(n)
        assert heartbeat.now() == 2 + n


def test_it_is_over_with_the_test(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
@pytest.fixture
def late():
    yield
    assert now() > 10**3  # what was requested before the bubble ends after it: real time, since the boot

def test_fixture(late, virtual_time):
    assert now() == 0

@pytest.mark.virtual_time
def test_marker(late):
    assert now() == 0

@pytest.mark.virtual_time
class TestAll:
    def test_of_class(self):
        assert now() == 0

def test_outside():
    assert now() > 10**3
    """)
    result.assert_outcomes(passed=4)


def test_ten_seconds_take_no_time(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
@pytest.mark.virtual_time
@pytest.mark.parametrize("n", range(20))
def test_monitor(n):
    with Worker(lambda ctx: ctx.sleep(3600), interval=1, timeout=2) as worker, Monitor(worker) as monitor:
        worker.join()
        assert now() == 3600
    """)
    result.assert_outcomes(passed=20)


def test_async_tests_are_refused(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
@pytest.mark.virtual_time
async def test_async(): pass
    """)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_async: virtual time is for threads, not for async tests*"])


def test_wrong_arguments_are_told(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
@pytest.mark.virtual_time(starts=1)
def test_marker(): pass

@pytest.mark.virtual_time(start=-1)
def test_fixture(virtual_time): pass
    """)
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["*TypeError*'starts'*", "*ValueError*start*"])


# ---- exploration ----

LOST_UPDATE = """
def update(box):
    value = box.recv()
    box.send(value + 1)

@pytest.mark.explore(schedules=200)
def test_lost_update():
    account = [0]
    turn = Channel(1)

    def add():
        seen = account[0]
        turn.send(None)
        turn.recv()
        account[0] = seen + 1

    tasks = [go(add), go(add)]
    for task in tasks:
        task.join()
    assert account == [2]
"""


def test_a_failing_schedule_tells_its_seed_and_is_replayed(pytester: pytest.Pytester) -> None:
    result = run(pytester, LOST_UPDATE)
    result.assert_outcomes(failed=1)
    told = re.search(r"--heartbeat-seed=(\d+)", result.stdout.str())
    assert told
    seed = told[1]
    replayed = pytester.runpytest_inprocess(*ALONE, f"--heartbeat-seed={seed}")
    replayed.assert_outcomes(failed=1)
    assert f"seed {seed}" in replayed.stdout.str()


def test_explore_runs_so_many_schedules_each_in_a_bubble_of_its_own(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
runs = []

@pytest.mark.explore(schedules=7, seed=3)
def test_explored(tmp_path):
    assert now() == 0
    sleep(5)
    runs.append(tmp_path)

@pytest.mark.explore(3)
@pytest.mark.virtual_time(start=100)
def test_explored_later():
    assert now() == 100
    runs.append(None)

def test_how_often():
    assert len(runs) == 10
    """)
    result.assert_outcomes(passed=3)
    result = pytester.runpytest_inprocess(*ALONE, "--heartbeat-seed=0x10")
    result.stdout.fnmatch_lines(["*assert 2 == 10*"])


def test_explore_and_the_fixture_do_not_mix(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
@pytest.mark.explore
def test_both(virtual_time): pass
    """)
    result.stdout.fnmatch_lines(["*explore makes a bubble for each schedule: leave out the fixture virtual_time*"])


def test_the_seed_is_a_number(pytester: pytest.Pytester) -> None:
    assert run(pytester, "", "--heartbeat-seed=x").ret == pytest.ExitCode.USAGE_ERROR


# ---- reports ----


def test_a_deadlock_is_reported_where_the_test_waits(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
def test_stuck(virtual_time):
    jobs = Channel(name="jobs")
    go(jobs.recv, name="eater")
    Channel(name="results").recv()
    """)
    result.assert_outcomes(failed=1)  # and no leak beside it: the eater is a consequence
    result.stdout.fnmatch_lines([
        '> *Channel(name="results").recv()',
        "E *DeadlockError*",
        "E *'eater', created at *.py:7",
        "E *waits to receive from channel 'jobs', made at *",
    ])
    assert "/pluggy/" not in result.stdout.str()


def test_who_is_left_in_a_bubble_is_named(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
def test_fixture(virtual_time):
    go(Channel(name="jobs").recv, name="eater")

@pytest.mark.virtual_time
def test_marker():
    go(Channel(name="jobs").recv, name="eater")
    """)
    result.assert_outcomes(passed=1, errors=1, failed=1)
    result.stdout.fnmatch_lines(["*'eater' waits to receive from channel 'jobs', made at *; created at *"] * 2)


def test_markers_and_options_are_documented(pytester: pytest.Pytester) -> None:
    for option, texts in (("--markers", ["@pytest.mark.virtual_time(", "@pytest.mark.explore(", "allow_leaks:"]),
                          ("--help", ["--heartbeat-seed=N", "heartbeat_leaks (bool)"]),
                          ("--fixtures", ["virtual_time", "time is virtual from here to the end of the test"])):
        shown = pytester.runpytest_inprocess(*ALONE, option).stdout.str()
        assert [text for text in texts if text not in shown] == []


def test_markers_hold_with_strict_markers(pytester: pytest.Pytester) -> None:
    run(pytester, """
@pytest.mark.virtual_time
@pytest.mark.allow_leaks
@pytest.mark.explore(schedules=2)
def test_marked(): pass
    """, "--strict-markers").assert_outcomes(passed=1)


# ---- what it costs ----


def test_nothing_heavy_is_imported_at_the_start(pytester: pytest.Pytester) -> None:
    """What pytest imports itself is no cost of ours."""
    script = """
        import pytest, _pytest.pytester, sys
        before = set(sys.modules)
        import heartbeat.pytest_plugin
        print(*sorted(name for name in set(sys.modules) - before if not name.startswith("heartbeat")))
    """
    result = pytester.run(sys.executable, "-c", "\n".join(line.strip() for line in script.splitlines()))
    assert result.ret == 0
    assert len(result.stdout.str().split()) < 25, result.stdout.str()
