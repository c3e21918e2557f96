"""What a bubble tells of its participants: at any moment, in a deadlock, and of those left at its end."""

import inspect
import os
import re
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

import heartbeat
from heartbeat import Channel, DeadlockError, Error, Task, Worker, after, go, now, select, send, sleep
from heartbeat.testing import Bubble, LeakError, Participant, virtual_time


def here() -> str:
    frame = inspect.currentframe()
    assert frame is not None and frame.f_back is not None
    return f"{__file__}:{frame.f_back.f_lineno}"


def deadlock_of(body: "object") -> DeadlockError:
    """What a body that cannot end raises in a bubble of its own."""
    assert callable(body)
    with pytest.raises(DeadlockError) as raised, virtual_time() as bubble:
        body(bubble)
    return raised.value


def section(report: str, name: str) -> str:
    """The part of a report that tells of one participant."""
    return next(part for part in report.split("\n\n") if re.match(rf"\d+ '{name}'", part))


def forward(jobs: "Channel[int]", results: "Channel[int]") -> None:
    for job in jobs:
        results.send(job)


# ---- participants ----


def test_the_host_is_the_first_participant_and_runs() -> None:
    with virtual_time() as bubble:
        (host,) = bubble.participants()
    assert isinstance(host, Participant)
    assert (host.number, host.ident, host.state) == (0, threading.get_ident(), "running")
    assert (host.name, host.where, host.since, host.created) == ("MainThread", None, None, None)
    assert host.stack is not None and "bubble.participants()" in host.stack.splitlines()[-1]


def test_a_waiting_participant_tells_what_for_since_when_and_where_from() -> None:
    with virtual_time(start=1.0) as bubble:
        jobs, made = Channel[int](name="jobs"), here()
        sleep(2.0)
        task, created = go(jobs.recv, name="waiter"), here()
        bubble.wait()
        sleep(3.0)
        waiter = bubble.participants()[1]
        jobs.send(1)
        assert waiter[:4] == (1, "waiter", task.ident, "waiting")
        assert waiter.where == f"receive from channel 'jobs', made at {made}"
        assert waiter.since == 3.0
        assert waiter.created == created


def test_the_stack_of_a_participant_ends_where_it_waits() -> None:
    with virtual_time() as bubble:
        jobs, results = Channel[int](), Channel[int]()
        go(forward, jobs, results)
        bubble.wait()
        stack = bubble.participants()[1].stack
        jobs.close()
    assert stack is not None and stack.splitlines()[-1].strip() == "for job in jobs:"


def test_a_participant_of_native_code_has_no_stack() -> None:
    with virtual_time() as bubble:
        go(sleep, 5.0)
        bubble.wait()
        sleeper = bubble.participants()[1]
        assert (sleeper.where, sleeper.since, sleeper.stack) == ("sleep", 0.0, None)
        assert "no Python stack" in section(bubble.report(), sleeper.name)
        sleep(5.0)


def test_a_select_tells_all_its_cases() -> None:
    with virtual_time() as bubble:
        first, second = Channel[int](name="first"), Channel[int](name="second")
        go(select, first, send(second, 1), after(7.0))
        bubble.wait()
        where = bubble.participants()[1].where
        assert where is not None
        assert re.match(r"receive from channel 'first', .* or to send to channel 'second', .* receive from timer", where)
        first.send(1)


def test_of_a_select_with_many_cases_the_first_are_told() -> None:
    with virtual_time() as bubble:
        channels = [Channel[int](name=str(i)) for i in range(10)]
        go(select, *channels)
        bubble.wait()
        where = bubble.participants()[1].where
        assert where is not None and where.endswith("or to 6 more")
        channels[9].send(1)


def test_a_sleep_goes_on_since_it_began() -> None:
    with virtual_time() as bubble:
        go(sleep, 10.0)
        bubble.wait()
        sleep(4.0)
        assert bubble.participants()[1].since == 0.0
        sleep(6.0)


def test_who_has_ended_takes_part_no_more() -> None:
    with virtual_time() as bubble:
        go(lambda: None)
        bubble.wait()
        assert [each.number for each in bubble.participants()] == [0]


def test_who_waits_for_something_outside_runs_and_says_so() -> None:
    outside = Channel[int](name="outside")
    reached = Channel[None](1)

    def wait_outside() -> None:
        reached.send(None)
        outside.recv()

    def feed(bubble: Bubble) -> None:
        while "from outside" not in (bubble.participants()[1].where or ""):
            pass
        assert bubble.participants()[1].state == "running"
        outside.send(1)

    with virtual_time() as bubble:
        task = go(wait_outside)
        reached.recv()
        feed(bubble)
        task.join()


# ---- reports ----


def test_a_deadlock_tells_what_everybody_waits_for() -> None:
    def body(bubble: Bubble) -> None:
        jobs, results = Channel[int](name="jobs"), Channel[int](name="results")
        go(forward, jobs, results, name="shop")
        sleep(10.0)
        results.recv()

    error = deadlock_of(body)
    assert isinstance(error.report, str)
    assert str(error).splitlines()[0] == "every thread of the bubble waits, and nothing is due"
    assert error.report in str(error)
    assert error.report.startswith("2 participants at 10.0 s on the bubble's clock:")
    host, shop = section(error.report, "MainThread"), section(error.report, "shop")
    assert "waits to receive from channel 'results', made at" in host
    assert "since 10.0 s, for 0.0 s, without a deadline" in host
    assert "results.recv()" in host.splitlines()[-1]
    assert f"created at {__file__}:" in shop
    assert "waits to receive from channel 'jobs'" in shop
    assert "since 0.0 s, for 10.0 s, without a deadline" in shop
    assert "for job in jobs:" in shop.splitlines()[-1]


def test_a_report_tells_whose_frames_refer_to_what_is_waited_for() -> None:
    def body(bubble: Bubble) -> None:
        jobs, results = Channel[int](name="jobs"), Channel[int](name="results")
        go(forward, jobs, results, name="shop")
        results.recv()

    report = deadlock_of(body).report
    assert "who else holds channel 'jobs':\n    0 'MainThread': a frame of its refers to it" in section(report, "shop")
    assert "who else holds channel 'results':\n    1 'shop': a frame of its refers to it" in section(report, "MainThread")


def test_a_report_tells_who_waits_for_the_same() -> None:
    def body(bubble: Bubble) -> None:
        shared = Channel[int](name="shared")
        go(shared.recv, name="other")
        shared.recv()

    report = deadlock_of(body).report
    assert "1 'other': waits to receive from it" in section(report, "MainThread")


def test_a_holder_is_found_through_objects_and_closures() -> None:
    class Owner:
        def __init__(self, channel: "Channel[int]") -> None:
            self.channels = [channel]

        def stand(self, gate: "Channel[None]") -> None:
            gate.recv()

    def body(bubble: Bubble) -> None:
        wanted, gate = Channel[int](name="wanted"), Channel[None](name="gate")
        owner = Owner(wanted)
        go(owner.stand, gate, name="by object")

        def stand() -> None:
            gate.recv()
            wanted.send(1)

        go(stand, name="by closure")
        wanted.recv()

    host = section(deadlock_of(body).report, "MainThread")
    assert "'by object': a frame of its refers to it" in host
    assert "'by closure': a frame of its refers to it" in host


def test_what_nobody_holds_is_told_as_such() -> None:
    def body(bubble: Bubble) -> None:
        go(lambda: Channel[int](name="lonely").recv(), name="forgotten")
        Channel[int]().recv()

    assert "nobody else was found to hold channel 'lonely'" in section(deadlock_of(body).report, "forgotten")


def test_waiting_for_nil_or_for_nothing_is_a_deadlock_with_a_report() -> None:
    assert "waits to receive from nil" in deadlock_of(lambda bubble: heartbeat.nil.recv()).report
    assert "sleeps" in deadlock_of(lambda bubble: select()).report


def test_a_report_of_the_present_moment() -> None:
    with virtual_time() as bubble:
        go(sleep, 5.0, name="napper")
        bubble.wait()
        report = bubble.report()
        assert "runs" in section(report, "MainThread")
        assert "until 5.0 s" in section(report, "napper")
        sleep(5.0)


def test_a_second_deadlock_in_a_bubble_tells_of_its_own_wait() -> None:
    with virtual_time():
        with pytest.raises(DeadlockError, match="'first'"):
            Channel[int](name="first").recv()
        with pytest.raises(DeadlockError, match="'second'") as raised:
            Channel[int](name="second").recv()
        assert "'first'" not in raised.value.report


def test_the_example_in_the_documentation_is_what_is_printed(tmp_path: Path) -> None:
    """That of the module that makes reports: its program and its report."""
    documented = inspect.getdoc(inspect.getmodule(Participant)) or ""
    program, report = re.findall(r"(?:^    .*\n|^ *\n)+", documented + "\n", re.MULTILINE)[-2:]
    (tmp_path / "shop.py").write_text(textwrap.dedent(program).strip() + "\n")
    run = subprocess.run([sys.executable, "shop.py"], cwd=tmp_path, capture_output=True, text=True, check=False,
                         env={**os.environ, "PYTHONPATH": str(Path(heartbeat.__file__).parent.parent)})
    assert textwrap.dedent(report).strip() in run.stderr.replace(f"{tmp_path}/", "")


# ---- leaks ----


def test_who_is_left_at_the_end_is_named_with_all_that_is_known() -> None:
    with pytest.raises(LeakError) as raised, virtual_time():
        jobs, made = Channel[int](name="jobs"), here()
        task, created = go(jobs.recv, name="left"), here()
    text = str(raised.value)
    assert text.startswith("1 participant is still there at the end of the bubble:")
    assert f"'left' waits to receive from channel 'jobs', made at {made}; created at {created}" in text
    assert isinstance(raised.value, Error) and isinstance(raised.value, AssertionError)
    assert isinstance(task.exception, heartbeat.Stopped)


def test_all_who_are_left_are_named() -> None:
    with pytest.raises(LeakError) as raised, virtual_time():
        held = Worker(lambda ctx: ctx.recv(Channel[int]()), name="a worker").start()
        go(sleep, 100.0, name="a sleeper")
    text = str(raised.value)
    assert "2 participants are still there" in text
    assert "'a worker' waits to" in text and "'a sleeper' sleeps" in text
    assert held.name == "a worker"


def test_an_exception_of_the_block_comes_before_those_who_are_left() -> None:
    with pytest.raises(KeyError), virtual_time():
        go(Channel[int]().recv)
        raise KeyError


def test_nobody_left_is_no_leak() -> None:
    with virtual_time():
        task: Task[None] = go(sleep, 1.0)
        task.join()
        assert now() == 1.0
