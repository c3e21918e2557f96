"""The pytest plugin: virtual time and exploration for tests, and a leak check after each.

    virtual_time                        fixture: a bubble from its setup to its teardown
    @pytest.mark.virtual_time(...)      the call of the test in a bubble, or arguments for the fixture
    @pytest.mark.explore(...)           the call of the test under many schedules
    @pytest.mark.allow_leaks            no leak check for this test
    --heartbeat-seed N                  explore only the schedule of that seed
    heartbeat_leaks = false             (ini) no leak checks

A test that is marked explore is called many times with the same fixtures, so what it changes must be
its own. With hypothesis the marker gives each example a bubble, the fixture one to all of them.

The host of a bubble is the thread that runs the test. The marker wraps the call of the test alone:
fixtures live in real time. The fixture begins where it is requested: what was requested
before lives in real time, what is requested after it is inside.
"""

# What a test needs that uses none of this costs microseconds, and what it needs that does is
# imported when it does.

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from heartbeat import _native
from heartbeat.testing import _leaks

_Call = Callable[..., Any]
_Runner = Callable[[_Call, tuple[Any, ...], dict[str, Any]], Any]

_VIRTUAL_TIME = "virtual_time(start=0.0, seed=0, *, patch=False, stall=5.0, schedule=None)"
_EXPLORE = "explore(schedules=1000, seed=None, schedule='random')"


class _Session:
    """What the plugin keeps while pytest runs."""

    def __init__(self, config: pytest.Config) -> None:
        self.checks_leaks = bool(config.getini("heartbeat_leaks"))
        self.tracked_before = _native._track_origins(True)
        self.known: _leaks.Known = set()  # was there before the test that runs


_session = pytest.StashKey[_Session]()
_failure = pytest.StashKey[BaseException]()


# ---- configuration ----

def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("heartbeat")
    group.addoption("--heartbeat-seed", type=functools.partial(int, base=0), default=None, metavar="N",
                    help="tests marked explore: run only the schedule of this seed")
    parser.addini("heartbeat_leaks", "fail tests whose engine threads, timers or monitors outlive them",
                  type="bool", default=True)


def pytest_configure(config: pytest.Config) -> None:
    for text in (f"{_VIRTUAL_TIME}: run the test on a clock that jumps",
                 f"{_EXPLORE}: run the test under many schedules, each decided by a seed",
                 "allow_leaks: what outlives this test is no failure"):
        config.addinivalue_line("markers", text)
    config.stash[_session] = _Session(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    _native._track_origins(config.stash[_session].tracked_before)


# ---- virtual time ----

def _call_in_bubble(marker: pytest.Mark) -> _Runner:
    def run(fn: _Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        from heartbeat.testing import virtual_time
        with virtual_time(*marker.args, **marker.kwargs):
            return fn(*args, **kwargs)
    return run


@pytest.fixture
def virtual_time(request: pytest.FixtureRequest) -> Iterator[_native.Bubble]:
    """A heartbeat.testing.Bubble that is entered: time is virtual from here to the end of the test.

    Arguments are those of the marker virtual_time.
    """
    from heartbeat.testing import virtual_time as make
    if request.node.get_closest_marker("explore"):
        raise pytest.UsageError("explore makes a bubble for each schedule: leave out the fixture virtual_time")
    marker = request.node.get_closest_marker("virtual_time")
    manager = make(*marker.args, **marker.kwargs) if marker else make()
    yield manager.__enter__()
    failure = request.node.stash.get(_failure, None)
    manager.__exit__(failure and type(failure), failure, failure and failure.__traceback__)


# ---- exploration ----

def _call_explored(marker: pytest.Mark, bubble: pytest.Mark | None, seed: int | None) -> _Runner:
    arguments = dict(zip(("schedules", "seed", "schedule"), marker.args), **marker.kwargs)
    if seed is not None:
        arguments.update(schedules=1, seed=seed)
    if bubble:
        arguments.update(zip(("start",), bubble.args), **bubble.kwargs)

    def run(fn: _Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        from heartbeat.testing import explore
        explore(functools.wraps(fn)(functools.partial(fn, *args, **kwargs)), **arguments)
    return run


# ---- markers ----

# How hypothesis is to call the test that runs here.
_runner: ContextVar[_Runner | None] = ContextVar("_runner", default=None)


def _wrap(fn: _Call, runner: _Runner) -> _Call:
    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return runner(fn, args, kwargs)
    return call


def _wrap_examples(fn: _Call, runner: _Runner) -> _Call:
    """Each example gets a bubble of its own. The items of a parametrized test share `fn`."""
    handle = fn.hypothesis  # type: ignore[attr-defined]
    inner = handle.inner_test
    if not hasattr(inner, "_heartbeat"):
        def call_example(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            chosen = _runner.get()
            return chosen(inner, args, kwargs) if chosen else inner(*args, **kwargs)
        handle.inner_test = functools.wraps(inner)(call_example)
        handle.inner_test._heartbeat = True

    def choose(fn: _Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        token = _runner.set(runner)
        try:
            return fn(*args, **kwargs)
        finally:
            _runner.reset(token)
    return _wrap(fn, choose)


def _runner_of(item: pytest.Function) -> _Runner | None:
    bubble, explored = item.get_closest_marker("virtual_time"), item.get_closest_marker("explore")
    if explored:
        return _call_explored(explored, bubble, item.config.getoption("--heartbeat-seed"))
    return _call_in_bubble(bubble) if bubble and "virtual_time" not in item.fixturenames else None


def _prepare(item: pytest.Function) -> None:
    runner = _runner_of(item)
    if runner and inspect.iscoroutinefunction(item.obj):
        raise pytest.UsageError(f"{item.nodeid}: virtual time is for threads, not for async tests")
    if runner:
        item.obj = (_wrap_examples if hasattr(item.obj, "hypothesis") else _wrap)(item.obj, runner)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before pytest-run-parallel has its turn: so each thread it makes gets a bubble of its own. Only
    the fixture's bubble has one host, the thread that has set it up."""
    is_parallel = config.pluginmanager.hasplugin("_run-parallel")
    for item in items:
        if isinstance(item, pytest.Function):
            _prepare(item)
            if is_parallel and "virtual_time" in item.fixturenames:
                item.add_marker(pytest.mark.thread_unsafe(reason="the fixture virtual_time has one host"))


# ---- leaks ----

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    session = item.config.stash[_session]
    if session.checks_leaks:
        session.known = _leaks.known()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any],
                         request: pytest.FixtureRequest) -> Generator[None, object, object]:
    """What a fixture of wider scope starts is no leak of the test that happens to be the first."""
    if fixturedef.scope == "function":
        return (yield)
    before = _leaks.known()
    result = yield
    request.config.stash[_session].known |= _leaks.known() - before
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """After all fixtures of the test. One that failed is not checked: what is left is a consequence."""
    yield
    session = item.config.stash[_session]
    if not session.checks_leaks or _failure in item.stash or item.get_closest_marker("allow_leaks"):
        return
    if leaks := _leaks.find_leaks(session.known, grace=1.0):
        __tracebackhide__ = True
        raise _leaks.leak_error(leaks, "at the end of the test")


# ---- reports ----

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item,
                              call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.excinfo is None or call.excinfo.errisinstance(pytest.skip.Exception):
        return report
    item.stash[_failure] = error = call.excinfo.value
    if call.when == "teardown" and isinstance(error, _native.LeakError):
        report.longrepr = str(error)  # no code of the test was running
    return report
