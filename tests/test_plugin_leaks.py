"""The leak check after each test: what fails a test, and what does not.

Tests of tests: what leaks does so in a process of its own, which pytest runs on a small file.
"""

from __future__ import annotations

import pytest

SOURCE_IMPORTS = """
import threading
import pytest
from heartbeat import *
from heartbeat import _native
"""


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(SOURCE_IMPORTS + source)
    return pytester.runpytest_subprocess("-p", "heartbeat.pytest_plugin", "-p", "no:cacheprovider", *arguments)


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in test_plugin.py: each takes time."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def errors_of(result: pytest.RunResult) -> set[str]:
    """The names of the tests that failed at teardown."""
    return {line.split()[1].partition("::")[2] for line in result.stdout.lines if line.startswith("ERROR ")}


def test_what_outlives_a_test_fails_it_and_is_named(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
def test_thread():
    go(Channel(name="jobs").recv, name="eater")

def test_worker():
    Worker(lambda ctx: ctx.sleep(1000), name="idler").start()

def test_timer():
    after_func(1000, print)

def test_monitor():
    global monitor
    monitor = Monitor(name="guard").start()

def test_awaited():
    awaited = Channel(name="awaited")
    threading.Thread(target=awaited.recv, name="other", daemon=True).start()
    while not any(kind == "wait" for kind, *_ in _native._alive()):
        sleep(0.001)

def test_clean():
    go(int).join()
    """)
    result.assert_outcomes(passed=6, errors=5)
    assert errors_of(result) == {f"test_{name}" for name in ("thread", "worker", "timer", "monitor", "awaited")}
    result.stdout.fnmatch_lines([
        "*ERROR at teardown of test_thread*", "1 thing is still alive at the end of the test:",
        "  thread 'eater', started at *.py:7: receive from channel 'jobs' *; jobs was made at *.py:7",
        "*ERROR at teardown of test_worker*", "  thread 'idler', started at *.py:10: *",
        "*ERROR at teardown of test_timer*", "  after_func 'print', made at *.py:13: will be called in 99*",
        "*ERROR at teardown of test_monitor*", "  monitor 'guard', made at *.py:17: watches",
        "*ERROR at teardown of test_awaited*",
        "  awaited by thread 'other': receive from channel 'awaited' *; awaited was made at *.py:20",
    ])


def test_what_is_about_to_end_is_given_time(pytester: pytest.Pytester) -> None:
    run(pytester, """
def test_soon():
    go(sleep, 0.05)
    """).assert_outcomes(passed=1)


def test_a_leak_is_told_once_and_of_the_test_that_made_it(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
def test_leaks():
    go(Channel().recv)

@pytest.mark.parametrize("n", range(5))
def test_after(n): pass
    """)
    assert errors_of(result) == {"test_leaks"}
    result.assert_outcomes(passed=6, errors=1)


FIXTURES = """
def idle(request):
    gate = Channel()
    tasks = [go(gate.recv, name=request.fixturename), after_func(1000, print)]
    thread = threading.Thread(target=list, args=[gate], daemon=True)
    thread.start()
    yield
    gate.close()
    tasks[1].stop()
    thread.join()
    assert isinstance(tasks[0].exception, (Closed, type(None)))

module_wide = pytest.fixture(scope="module")(idle)
session_wide = pytest.fixture(scope="session")(idle)
class_wide = pytest.fixture(scope="class")(idle)
own = pytest.fixture(idle)
"""


def test_fixtures_have_their_own_time(pytester: pytest.Pytester) -> None:
    """Those of a test end with it; those of wider scope, whichever test is the first to ask, do not count."""
    result = run(pytester, FIXTURES + """
@pytest.fixture
def forgetful():
    go(Channel().recv)

def test_first(session_wide, own): pass

class TestAll:
    def test_wide(self, module_wide, class_wide): pass
    def test_late(self, request): request.getfixturevalue("class_wide")

def test_lazily(request):
    request.getfixturevalue("session_wide")
    request.getfixturevalue("own")

def test_forgetful(forgetful): pass

def test_beside_a_wide_one(module_wide):
    go(Channel().recv)
    """)
    assert errors_of(result) == {"test_forgetful", "test_beside_a_wide_one"}
    result.assert_outcomes(passed=6, errors=2)


def test_set_up_by_modules_and_classes(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
gate = Channel()
begun_by_import = go(list, gate)

def setup_module(): go(list, gate)
def teardown_module(): gate.close()

class TestAll:
    @classmethod
    def setup_class(cls): go(list, gate)
    def setup_method(self): self.task = go(int)
    def test_method(self): pass
    def test_leaking_method(self): go(list, gate)
    """)
    assert errors_of(result) == set()  # teardown_module has ended them all with the last test
    result.assert_outcomes(passed=2)


def test_a_failed_test_is_not_checked(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
def test_fails():
    go(Channel().recv)
    assert False

@pytest.fixture
def breaks():
    go(Channel().recv)
    raise KeyError

def test_setup(breaks): pass

@pytest.mark.xfail
def test_expected():
    go(Channel().recv)
    assert False

def test_skips():
    go(Channel().recv)
    pytest.skip("half way")
    """)
    result.assert_outcomes(failed=1, errors=2, xfailed=1, skipped=1)
    assert errors_of(result) == {"test_setup", "test_skips"}
    result.stdout.fnmatch_lines(["*ERROR at setup of test_setup*", "*ERROR at teardown of test_skips*"])


def test_the_marker_allows_leaks(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
@pytest.mark.allow_leaks
def test_function(): go(Channel().recv)

@pytest.mark.allow_leaks
class TestAll:
    def test_method(self): go(Channel().recv)

def test_unmarked(): go(Channel().recv)
    """)
    assert errors_of(result) == {"test_unmarked"}


@pytest.mark.parametrize("value, errors", [("true", 1), ("false", 0)])
def test_the_configuration_turns_it_off(pytester: pytest.Pytester, value: str, errors: int) -> None:
    pytester.makeini(f"[pytest]\nheartbeat_leaks = {value}\n")
    run(pytester, "def test_leaks(): go(Channel().recv)").assert_outcomes(passed=1, errors=errors)


def test_doctests_are_checked_too(pytester: pytest.Pytester) -> None:
    result = run(pytester, '''
def eats():
    """
    >>> task = go(Channel().recv)
    """
    ''', "--doctest-modules")
    result.assert_outcomes(passed=1, errors=1)


def test_origins_are_told_while_tests_run_and_no_longer(pytester: pytest.Pytester) -> None:
    result = run(pytester, """
def test_inside():
    assert "test_origins" in _native._origin_of(Channel())
    """)
    result.assert_outcomes(passed=1)
    script = pytester.makepyfile(script="""
import pytest
from heartbeat import Channel, _native
pytest.main(["-q", "-p", "heartbeat.pytest_plugin", "--collect-only", "."])
print("origin", _native._origin_of(Channel()))
    """)
    pytester.runpython(script).stdout.fnmatch_lines(["origin None"])
