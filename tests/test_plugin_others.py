"""The plugin beside others: pytest-timeout, pytest-xdist, hypothesis, pytest-run-parallel, and unittest."""

from __future__ import annotations

import subprocess
import sys
import unittest
from importlib.metadata import entry_points
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import heartbeat
from heartbeat import Channel, Error, Task, go, now, sleep
from heartbeat.testing import Bubble, LeakError, assert_no_leaks, virtual_time
from support import SOON

IMPORTS = """
import threading
import pytest
from heartbeat import *
"""


@pytest.fixture(autouse=True)
def only_those_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(IMPORTS + source)
    return pytester.runpytest_subprocess("-p", "heartbeat.pytest_plugin", "-p", "no:cacheprovider", *arguments)


def test_pytest_finds_the_plugin_by_itself() -> None:
    found = {each.value for each in entry_points(group="pytest11", name="heartbeat")}
    assert found == {"heartbeat.pytest_plugin"}


# ---- pytest-timeout ----


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_a_timeout_ends_a_bubble_that_stands_still(pytester: pytest.Pytester, method: str) -> None:
    result = run(pytester, """
@pytest.mark.virtual_time(stall=None)
def test_stuck():
    threading.Lock().acquire()
    go(sleep, 5)
    gate = threading.Event()
    task = go(gate.wait)
    try:
        task.join()
    finally:
        gate.set()

@pytest.mark.virtual_time
def test_takes_a_virtual_year():
    sleep(365 * 86400)
    """, "-p", "pytest_timeout", "--timeout=1", f"--timeout-method={method}")
    assert "Timeout" in result.stdout.str() + result.stderr.str()
    if method == "signal":  # the other one ends the whole process
        result.assert_outcomes(passed=1, failed=1)
    else:
        assert result.ret == 1


# ---- pytest-xdist ----


def test_each_process_of_xdist_has_its_bubbles_and_its_leaks(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
@pytest.mark.parametrize("n", range(10))
def test_fixture(virtual_time, n):
    sleep(100)
    assert virtual_time.now == 100

@pytest.mark.virtual_time
@pytest.mark.parametrize("n", range(10))
def test_marker(n):
    sleep(100)

def test_leaks():
    go(Channel(name="jobs").recv, name="eater")

def test_stuck(virtual_time):
    Channel(name="results").recv()
    """, "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=21, errors=1, failed=1)
    result.stdout.fnmatch_lines_random([
        "  thread 'eater', started at *: receive from channel 'jobs' *; jobs was made at *",
        "E *waits to receive from channel 'results', made at *",
    ])


# ---- pytest-run-parallel ----


def test_each_parallel_run_of_a_test_has_a_bubble_of_its_own(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
inside = threading.Barrier(4)

@pytest.mark.virtual_time
def test_marker():
    began = now()
    inside.wait()  # all of them are in their bubbles
    task = go(sleep, 100)
    sleep(50)
    assert not task.done and now() == 50
    task.join()
    assert began == 0 and now() == 100

def test_fixture(virtual_time):
    sleep(100)
    assert virtual_time.now == 100

def test_leaks():
    go(Channel(name="jobs").recv)
    """, "-p", "pytest_run_parallel.plugin", "--parallel-threads=4", "-v")
    result.stdout.fnmatch_lines(["*::test_marker PARALLEL PASSED*", "*::test_fixture PASSED*the fixture virtual_time*",
                                 "*4 things are still alive at the end of the test:*"])
    assert "FAILED" not in result.stdout.str()


# ---- hypothesis: its tests run here as users would write them ----


@pytest.mark.virtual_time
@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 10**9), max_size=5))
def test_each_example_has_a_bubble_of_its_own(delays: list[int]) -> None:
    assert now() == 0
    tasks = [go(sleep, delay) for delay in delays]
    for task in tasks:
        task.join()
    assert now() == max(delays, default=0)


@pytest.mark.parametrize("factor", [1, 2])
@pytest.mark.virtual_time(start=10)
@settings(max_examples=5, deadline=None)
@given(d=st.integers(0, 100))
def test_a_parametrized_one_too(factor: int, d: int) -> None:
    sleep(factor * d)
    assert now() == 10 + factor * d


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delay=st.floats(0, 1e6))
def test_all_examples_share_the_fixtures_bubble(virtual_time: Bubble, delay: float) -> None:
    began = virtual_time.now
    sleep(delay)
    assert virtual_time.now >= began + delay - 1e-3


def test_what_an_example_leaves_behind_is_its_failure() -> None:
    @settings(max_examples=5, deadline=None, database=None)
    @given(st.booleans())
    def leaves(unused: bool) -> None:
        with virtual_time():
            go(Channel[int](name="jobs").recv, name="eater")

    with pytest.raises(LeakError, match="'eater'"):
        leaves()


class Queue(RuleBasedStateMachine):
    """An unbounded channel beside a list; every send and receive is a task of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.channel: Channel[int] = Channel(None)
        self.model: list[int] = []
        self.clock = now()

    @rule(value=st.integers(), delay=st.integers(0, 1000))
    def send_later(self, value: int, delay: int) -> None:
        def later() -> None:
            sleep(delay)
            self.channel.send(value)
        go(later).join()
        self.model.append(value)
        self.clock += delay

    @rule()
    def receive(self) -> None:
        received: Task[Any] = go(self.channel.recv, timeout=60)
        if self.model:
            assert received.result() == self.model.pop(0)
        else:
            self.clock += 60
            with pytest.raises(TimeoutError):
                received.result()

    @invariant()
    def time_goes_on_only_when_all_wait(self) -> None:
        assert now() == self.clock


class QueueInItsBubble(Queue):
    """Each run of the machine from its beginning to its end is a bubble."""

    def __init__(self) -> None:
        self.time = virtual_time()
        self.time.__enter__()
        super().__init__()
        assert self.clock == 0

    def teardown(self) -> None:
        self.time.__exit__(None, None, None)


FEW = settings(max_examples=15, stateful_step_count=15, deadline=None)


@pytest.mark.virtual_time
def test_a_machine_runs_inside_a_bubble() -> None:
    run_state_machine_as_test(Queue, settings=FEW)
    assert now() > 0


TestQueue = QueueInItsBubble.TestCase
TestQueue.settings = FEW


# ---- unittest ----


class InUnittest(unittest.TestCase):
    """Collected by pytest, and run by unittest below."""

    def setUp(self) -> None:
        self.enterContext(assert_no_leaks())
        self.bubble = self.enterContext(virtual_time(start=3))

    def test_time_is_virtual(self) -> None:
        sleep(1000)
        self.assertEqual(self.bubble.now, 1003)

    def test_threads_take_part(self) -> None:
        task = go(sleep, 10)
        self.bubble.wait()
        self.assertFalse(task.done)
        self.bubble.advance(10)
        self.assertTrue(task.done)


class Decorated(unittest.TestCase):
    @virtual_time()
    def test_decorator(self) -> None:
        sleep(1000)
        self.assertEqual(now(), 1000)

    @virtual_time()
    def test_it_begins_afresh_each_time(self) -> None:
        self.assertEqual(now(), 0)

    @pytest.mark.virtual_time(start=8)
    def test_marker(self) -> None:
        self.assertEqual(now(), 8)


def test_unittest_reports_a_leak_as_a_failure() -> None:
    gate: Channel[int] = Channel(name="gate")

    class Leaking(unittest.TestCase):
        def runTest(self) -> None:
            self.enterContext(assert_no_leaks(grace=0))
            self.task = go(list, gate, name="left")

    result = unittest.TestResult()
    case = Leaking()
    case.run(result)
    gate.close()
    case.task.join()
    assert len(result.failures) == 1 and result.errors == []
    assert "thread 'left'" in result.failures[0][1]


def test_unittest_runs_them_without_pytest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_alone="""
import unittest
from heartbeat import Channel, go, now, sleep
from heartbeat.testing import assert_no_leaks, virtual_time

class Alone(unittest.TestCase):
    def setUp(self):
        self.enterContext(assert_no_leaks())
        self.enterContext(virtual_time())

    def test_fine(self):
        sleep(1000)
        self.assertEqual(now(), 1000)

    def test_stuck(self):
        Channel(name="results").recv()

    def test_left(self):
        go(Channel(name="jobs").recv, name="eater")
    """)
    done = subprocess.run([sys.executable, "-m", "unittest", "test_alone"], cwd=pytester.path, text=True,
                          capture_output=True, timeout=4 * SOON)
    assert "Ran 3 tests" in done.stderr and "FAILED (failures=1, errors=1)" in done.stderr
    assert "DeadlockError" in done.stderr and "'eater' waits to receive from channel 'jobs'" in done.stderr


def test_pytest_checks_a_unittest_for_leaks(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
import unittest

gate = Channel()

class Tests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.task = go(list, gate)

    @classmethod
    def tearDownClass(cls):
        gate.close()
        cls.task.join()

    def test_1_clean(self):
        pass

    def test_2_leaks(self):
        go(Channel(name="jobs").recv, name="eater")

    @pytest.mark.allow_leaks
    def test_3_allowed(self):
        go(Channel(name="jobs").recv)

    def test_4_clean_again(self):
        pass
    """)
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of Tests.test_2_leaks*", "*thread 'eater'*"])


def test_a_bubble_cannot_be_entered_in_a_bubble(virtual_time: Bubble) -> None:
    with pytest.raises(Error), heartbeat.testing.virtual_time():
        raise AssertionError("it was entered")
