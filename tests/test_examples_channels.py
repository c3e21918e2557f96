"""The examples on channels alone, run as a user would run them; their parts alone where time would vary the output.

`run` starts an example as a program of its own; `load` imports one, so that a test can put channels
where the program has tickers and thereby say itself when time passes.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from heartbeat import Channel, Closed, go, now
from heartbeat.testing import virtual_time

EXAMPLES = Path(__file__).parent / "examples" / "channels"
SOON = 30.0  # seconds: nothing that works takes as long, whatever else the machine does


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * SOON)


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def example_names() -> list[str]:
    return sorted(path.stem for path in EXAMPLES.glob("*.py"))


def test_the_examples_are_these() -> None:
    assert example_names() == [
        "deadlock",
        "interval",
        "misbehaving",
        "reception",
        "unit_of_work",
    ]


@pytest.mark.parametrize("name", example_names())
def test_every_example_says_how_to_run_it(name: str) -> None:
    module = load(name)
    assert f"\n    python {name}.py" in module.__doc__
    helped = run(name, "--help")
    assert helped.returncode == 0 and "--" in helped.stdout and not helped.stderr


# interval.py


def hand_driven_interval() -> tuple[Any, Any]:
    worker = load("interval").Worker(done=Channel(), pulse=Channel(), work=Channel())
    return worker, go(worker.run)


def test_interval_prints_pulses_then_results_and_closes_both() -> None:
    ended = run("interval", "--interval", "0.02", "--timeout", "30", "--results", "3")
    lines = ended.stdout.splitlines()
    assert ended.stderr == "" and ended.returncode == 0
    assert [line for line in lines if line != "pulse"] == [
        "result 1",
        "result 2",
        "result 3",
        "done: pulses closed True, results closed True",
    ]


def test_interval_pulses_twice_before_every_result(capsys: pytest.CaptureFixture[str]) -> None:
    with virtual_time():
        assert load("interval").main(["--interval", "1"]) == 0
    lines = [f"pulse\npulse\nresult {n}\n" for n in (1, 2, 3)]
    assert capsys.readouterr().out.startswith("".join(lines))


def test_interval_two_pulses_a_result() -> None:
    worker, task = hand_driven_interval()
    for number in (1, 2, 3):
        for _ in range(2):
            worker.pulse.send(0.0, timeout=SOON)
            assert worker.pulses.recv(timeout=SOON) is None
        worker.work.send(0.0, timeout=SOON)
        assert worker.results.recv(timeout=SOON) == number
    worker.done.close()
    task.join(SOON)


def test_interval_pulses_go_on_while_a_result_waits() -> None:
    worker, task = hand_driven_interval()
    worker.work.send(0.0, timeout=SOON)
    for _ in range(5):
        worker.pulse.send(0.0, timeout=SOON)
        assert worker.pulses.recv(timeout=SOON) is None
    assert worker.results.recv(timeout=SOON) == 1
    worker.done.close()
    task.join(SOON)


def test_interval_pulses_nobody_takes_do_not_hold_the_worker_up() -> None:
    worker, task = hand_driven_interval()
    for _ in range(5):
        worker.pulse.send(0.0, timeout=SOON)
    worker.work.send(0.0, timeout=SOON)
    assert worker.results.recv(timeout=SOON) == 1
    assert len(worker.pulses) == 1
    worker.done.close()
    task.join(SOON)


def test_interval_done_drops_the_result_and_closes_both() -> None:
    worker, task = hand_driven_interval()
    worker.work.send(0.0, timeout=SOON)
    worker.done.close()
    task.result(SOON)
    with pytest.raises(Closed):
        worker.results.recv(timeout=SOON)
    assert worker.pulses.closed


def test_interval_notices_silence(capsys: pytest.CaptureFixture[str]) -> None:
    interval = load("interval")
    worker = interval.Worker(done=Channel(), pulse=Channel(), work=Channel())
    assert interval.consume(worker, 1, 0.02) is False
    assert capsys.readouterr().out == ""


# misbehaving.py


def test_misbehaving_is_noticed_after_two_pulses() -> None:
    ended = run("misbehaving", "--interval", "0.02", "--timeout", "1")
    assert ended.stdout.splitlines() == ["pulse", "pulse", "worker is not healthy!"]
    assert ended.stderr == "" and ended.returncode == 1


def test_misbehaving_not_the_consumer_a_worker_that_closes_is_healthy() -> None:
    pulses, results = Channel[None](1), Channel[int]()
    pulses.close()
    assert load("misbehaving").consume(pulses, results, SOON) == 0


# unit_of_work.py


def test_unit_of_work_pulses_before_every_unit() -> None:
    ended = run("unit_of_work", "--interval", "0.01")
    expected = [line for n in range(1, 11) for line in ("pulse", f"result {n * n}")]
    assert ended.stdout.splitlines() == expected
    assert ended.stderr == "" and ended.returncode == 0


def test_unit_of_work_is_tested_without_a_timeout() -> None:
    pulses, results = load("unit_of_work").do_work(Channel(), [0, 1, 2, 3, 5])
    pulses.recv()
    assert list(results) == [0, 1, 4, 9, 25]
    assert pulses.closed


def test_unit_of_work_keeps_one_pulse_for_a_late_listener() -> None:
    pulses, results = load("unit_of_work").do_work(Channel(), [2, 3])
    assert list(results) == [4, 9]
    assert list(pulses) == [None]


def test_unit_of_work_done_ends_it_before_its_result() -> None:
    done: Channel[None] = Channel()
    pulses, results = load("unit_of_work").do_work(done, range(10))
    pulses.recv(timeout=SOON)
    done.close()
    assert list(results) == []
    assert pulses.closed


# deadlock.py


def test_deadlock_is_noticed_and_all_work_is_done() -> None:
    ended = run("deadlock", "--timeout", "1", "--items", "5")
    assert ended.stdout.splitlines() == [
        "worker 1 did item 1",
        "worker 1 did item 2",
        "worker 1 is not healthy: silent since it began item 3",
        "worker 2 did item 3",
        "worker 2 did item 4",
        "worker 2 is not healthy: silent since it began item 5",
        "worker 3 did item 5",
        "5 of 5 items done, each once: True",
    ]
    assert ended.stderr == "" and ended.returncode == 0


def test_deadlock_replaces_nobody_who_can_write_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deadlock = load("deadlock")
    monkeypatch.setattr(deadlock, "LOG_LINES", 100)
    assert deadlock.finish(range(1, 101), SOON) == list(range(1, 101))
    assert "worker 2" not in capsys.readouterr().out


def test_deadlock_a_replaced_worker_delivers_nothing_more() -> None:
    worker = load("deadlock").Worker(1, [1])
    worker.close()
    go(worker.run).result(SOON)
    assert list(worker.results) == []


# reception.py


def test_reception_answers_and_is_told_of_silence() -> None:
    ended = run("reception", "--timeout", "0.5")
    assert ended.stdout.splitlines() == [
        "up: reception timeout",
        "call: good morning",
        "call: any news?",
        "call: thank you",
        "timeout: nobody calls",
        "call: good night",
        "timeout: nobody calls",
        "stopped: reception timeout",
    ]
    assert ended.stderr == "" and ended.returncode == 0


def test_reception_does_not_block_the_timeout() -> None:
    desk = load("reception").Desk(timeout=0.01)
    task = go(desk.watch)
    for _ in range(3):  # it fires again and again, and takes beats, with no reception to hear it
        assert desk.timeouts.recv(timeout=SOON) is None
        desk.beats.send(None, timeout=SOON)
    desk.stop.close()
    task.result(SOON)


def test_reception_is_not_blocked_by_the_timeout() -> None:
    desk = load("reception").Desk(timeout=SOON)
    task = go(desk.receive)
    for number in range(5):  # no timeout thread takes the beats
        desk.calls.send(f"{number}", timeout=SOON)
        assert desk.events.recv(timeout=SOON) == f"call: {number}"
    assert len(desk.beats) == 1
    desk.stop.close()
    task.result(SOON)


def test_reception_a_beat_starts_the_timeout_afresh() -> None:
    desk = load("reception").Desk(timeout=1.0)
    task = go(desk.watch)
    for _ in range(3):
        beaten = now()
        desk.beats.send(None, timeout=SOON)
    assert desk.timeouts.recv(timeout=SOON) is None
    assert now() - beaten >= 1.0
    desk.stop.close()
    task.result(SOON)
