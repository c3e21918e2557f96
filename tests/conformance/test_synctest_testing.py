"""Go src/testing/synctest: example_test.go (5 tests) and synctest_test.go (13).

Go 1.26, BSD-3-Clause; behaviour was ported, not text. A context is a channel whose closing cancels it, or
the one of a Worker. What a test tells `testing.T` is told pytest, in a process of its own where its
report is what is looked at. Where heartbeat decides differently:

  TestCleanup    what is to run inside the bubble is an exit of its block, or a fixture that asks for it
  TestContext    a Worker is told to end where its block ends, before the bubble does
  TestRun        a bubble within a bubble is refused; subtests are none
  TestNow        the clock begins at 0, or at `start`

These do not apply:

  TestDeadline   pytest gives a test no deadline it could ask for
  TestParallel   a test of pytest cannot ask to run beside others; see TestWaitGroupManyBubbles
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent, indent

import pytest

import heartbeat
from go_helpers import WAIT
from heartbeat import Channel, Error, Worker, WorkerContext, go, nil, sleep
from heartbeat.testing import virtual_time

NANOSECOND = 1e-9


# example_test.go


def test_Time() -> None:
    def wake() -> float:
        sleep(NANOSECOND)
        return heartbeat.now()

    with virtual_time():
        first = go(wake)
        sleep(2 * NANOSECOND)
        assert first.done
        assert first.result() == pytest.approx(NANOSECOND)
        assert heartbeat.now() == pytest.approx(2 * NANOSECOND)


def test_Wait() -> None:
    with virtual_time() as bubble:
        done: list[bool] = []
        go(done.append, True)
        bubble.wait()
        assert done == [True]


def test_ContextAfterFunc() -> None:
    with virtual_time() as bubble:
        cancelled: Channel[None] = Channel()
        called: list[str] = []

        def call_after() -> None:
            list(cancelled)
            called.append("called")

        go(call_after)
        bubble.wait()
        assert called == []
        cancelled.close()
        bubble.wait()
        assert called == ["called"]


def test_ContextWithTimeout() -> None:
    """A moment before the timeout nothing has happened, and at its instant it has."""
    with virtual_time() as bubble:
        context: Channel[None] = Channel()
        waiting = go(context.recv, timeout=5)
        sleep(5 - NANOSECOND)
        bubble.wait()
        assert not waiting.done
        sleep(NANOSECOND)
        bubble.wait()
        assert isinstance(waiting.exception, TimeoutError)


HEAD = b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n"


class Transport:
    """The client's end of a connection without a network: it asks before it sends a body."""

    def __init__(self) -> None:
        self.sent: Channel[bytes] = Channel()
        self.replies: Channel[str] = Channel()

    def put(self, body: bytes, patience: float) -> str:
        self.sent.send(HEAD)
        try:
            reply = self.replies.recv(timeout=patience)
        except TimeoutError:
            reply = "100 Continue"  # the server may be one that does not know the question
        if reply != "100 Continue":
            return reply
        self.sent.send(body)
        return self.replies.recv()


def test_HTTPTransport100Continue() -> None:
    with virtual_time() as bubble:
        transport = Transport()
        got: list[bytes] = []
        client = go(transport.put, b"request body", 5)
        assert transport.sent.recv() == HEAD
        reader = go(lambda: got.append(transport.sent.recv()))
        bubble.wait()
        assert got == [] and bubble.now == 0.0
        transport.replies.send("100 Continue")
        bubble.wait()
        assert got == [b"request body"] and bubble.now == 0.0
        transport.replies.send("200 OK")
        assert client.result() == "200 OK"
        reader.join()


def test_HTTPTransport100Continue_in_vain() -> None:
    """Nobody answers: the body comes when the client's patience has ended, and not earlier."""
    with virtual_time() as bubble:
        transport = Transport()
        client = go(transport.put, b"request body", 5)
        assert transport.sent.recv() == HEAD
        assert transport.sent.recv() == b"request body"
        assert bubble.now == 5.0
        transport.replies.send("200 OK")
        assert client.result() == "200 OK"


# synctest_test.go


def test_Success() -> None:
    with virtual_time():
        pass


def test_Now() -> None:
    with virtual_time():
        assert heartbeat.now() == 0.0
    with virtual_time(start=946_684_800):
        assert heartbeat.now() == 946_684_800.0


HEADER = """
import pytest
from heartbeat import go, sleep
from heartbeat.testing import virtual_time as bubble_for

def helper():
    __tracebackhide__ = True
    raise AssertionError("in the helper")

"""
FORMS = {
    "block": "def test_it():\n    with bubble_for():\n",
    "marker": "@pytest.mark.virtual_time\ndef test_it():\n    if True:\n",
    "fixture": "def test_it(virtual_time):\n    if True:\n",
}

Report = Callable[..., tuple[int, str]]


@pytest.fixture(params=FORMS.values(), ids=FORMS.keys())
def report(request: pytest.FixtureRequest, tmp_path: Path) -> Report:
    """Runs pytest over a test whose bubble holds `body`: its exit code, and what it wrote."""

    def run(body: str, *options: str) -> tuple[int, str]:
        file = tmp_path / "test_inside.py"
        file.write_text(HEADER + request.param + indent(dedent(body).strip(), 8 * " ") + "\n")
        command = [sys.executable, "-m", "pytest", "-p", "heartbeat.pytest_plugin"]
        command += ["-p", "no:cacheprovider", *options, file.name]
        package = str(Path(heartbeat.__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": package, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=2 * WAIT
        )
        return done.returncode, done.stdout

    return run


def test_Fatal(report: Report) -> None:
    """What is raised in the bubble ends the test, and is all that is reported."""
    code, written = report("pytest.fail('fatal')")
    assert code == 1 and "test_it - Failed: fatal" in written
    assert "1 failed in" in written


def test_Error_and_VerboseError(report: Report) -> None:
    """The test goes on although it has failed: in a thread of its own, so its task tells."""
    body = """
        task = go(pytest.fail, "error")
        sleep(1)
        print("went on")
        task.result()
    """
    code, written = report(body, "-v")
    assert code == 1 and "test_inside.py::test_it FAILED" in written
    assert "Failed: error" in written and "went on" in written


def test_Skip_and_VerboseSkip(report: Report) -> None:
    code, written = report("pytest.skip('skip')", "-v")
    assert code == 0 and "test_inside.py::test_it SKIPPED (skip)" in written
    assert "1 skipped in" in written


def test_Helper(report: Report) -> None:
    """The place told is the one in the test that calls the helper."""
    code, written = report("helper()")
    assert code == 1 and "AssertionError: in the helper" in written
    assert "helper()" in written and "raise AssertionError" not in written


def test_Cleanup() -> None:
    with virtual_time(), ExitStack() as cleanups:
        ch: Channel[None] = Channel()
        cleanups.callback(ch.close)
        task = go(list, ch)
    assert task.done


def test_Context() -> None:
    states: list[str] = []

    def work(ctx: WorkerContext) -> None:
        states.append("waiting on context")
        try:
            ctx.recv(nil)
        finally:
            states.append("done")

    with virtual_time() as bubble, Worker(work):
        bubble.wait()
        assert states == ["waiting on context"]
    assert states == ["waiting on context", "done"]


def test_Run_within_a_bubble_is_refused() -> None:
    with virtual_time() as bubble:
        with pytest.raises(Error), virtual_time():
            pytest.fail("a bubble within a bubble")
        with pytest.raises(Error), bubble:
            pytest.fail("a bubble within itself")
        sleep(1)
        assert bubble.now == 1.0
