"""The examples on Worker, Monitor and Watchdog, run as a user would run them, or part by part."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from heartbeat import Channel, Monitor, Worker, nil
from heartbeat.testing import virtual_time
from support import SOON

EXAMPLES = Path(__file__).parent / "examples"


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * SOON)


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def example_names() -> list[str]:
    return sorted(path.stem for path in EXAMPLES.glob("*.py"))


def test_every_channel_form_has_an_idiomatic_one() -> None:
    channel_forms = {path.stem for path in (EXAMPLES / "channels").glob("*.py")}
    assert channel_forms == {"deadlock", "interval", "misbehaving", "reception", "unit_of_work"}
    assert set(example_names()) == channel_forms | {"digest"}


@pytest.mark.parametrize("name", example_names())
def test_every_example_says_how_to_run_it(name: str) -> None:
    assert f"\n    python {name}.py" in load(name).__doc__
    helped = run(name, "--help")
    assert helped.returncode == 0 and "--" in helped.stdout and not helped.stderr


# interval.py


def test_interval_prints_pulses_then_results_and_closes_both() -> None:
    ended = run("interval", "--interval", "0.02", "--timeout", "30", "--results", "3")
    lines = ended.stdout.splitlines()
    assert ended.stderr == "" and ended.returncode == 0
    assert [line for line in lines if line != "pulse"] == [
        "result 1",
        "result 2",
        "result 3",
        "stopped: pulses closed True, results closed True",
    ]


def test_interval_pulses_twice_before_every_result(capsys: pytest.CaptureFixture[str]) -> None:
    with virtual_time():
        assert load("interval").main(["--interval", "1"]) == 0
    lines = [f"pulse\npulse\nresult {n}\n" for n in (1, 2, 3)]
    assert capsys.readouterr().out.startswith("".join(lines))


def test_interval_pulses_while_it_waits_for_work_and_while_a_result_waits() -> None:
    work: Channel[float] = Channel()
    ticks = load("interval").number_the_ticks
    with Worker(lambda ctx: ticks(ctx, work), interval=0.01) as worker:
        for _ in range(3):
            worker.pulses.recv(timeout=SOON)
        work.send(0.0, timeout=SOON)
        for _ in range(3):
            worker.pulses.recv(timeout=SOON)
        assert worker.results.recv(timeout=SOON) == 1


# misbehaving.py


def test_misbehaving_is_noticed_after_its_pulses_and_explained() -> None:
    ended = run("misbehaving", "--interval", "0.1", "--timeout", "1")
    lines = ended.stdout.splitlines()
    assert lines[:-1] and set(lines[:-1]) == {"pulse"}
    assert lines[-1].startswith("worker is not healthy! missed, ")
    assert ended.stderr == "" and ended.returncode == 1


# unit_of_work.py


def test_unit_of_work_pulses_before_every_unit() -> None:
    ended = run("unit_of_work", "--interval", "0.01")
    expected = [line for n in range(1, 11) for line in ("pulse", f"result {n * n}")]
    assert [line for line in ended.stdout.splitlines() if line != "pulse"] == expected[1::2]
    assert ended.stdout.splitlines()[:4] == expected[:4]
    assert ended.stderr == "" and ended.returncode == 0


def test_unit_of_work_is_tested_without_a_timeout() -> None:
    with load("unit_of_work").squares([0, 1, 2, 3, 5]) as worker:
        worker.pulses.recv()
        assert list(worker.results) == [0, 1, 4, 9, 25]


# deadlock.py


def test_deadlock_is_noticed_explained_and_all_numbers_are_printed_once() -> None:
    ended = run("deadlock", "--timeout", "0.5")
    lines = ended.stdout.splitlines()
    assert lines[:11] == [str(number) for number in range(11)]
    assert re.fullmatch(r"healthy: False: blocked: .*send to channel 'notes'.* 0\.\d+ s.*", lines[11])
    assert lines[12:-1] == [str(number) for number in range(11, 100)]
    assert lines[-1] == "100 of 100 numbers, each once: True"
    assert ended.stderr == "" and ended.returncode == 0


def test_deadlock_without_the_flaw_needs_one_worker() -> None:
    deadlock = load("deadlock")
    printed: list[int] = []
    worker: Worker[int] = Worker(deadlock.Counter(0, 30, nil).work, timeout=SOON)
    with worker, Monitor(worker) as monitor:
        assert deadlock.follow(worker, monitor, printed) is None
    assert printed == list(range(30))


# reception.py


def test_reception_answers_and_is_told_of_silence() -> None:
    ended = run("reception", "--timeout", "0.5")
    assert ended.stdout.splitlines() == [
        "up",
        "call: good morning",
        "call: any news?",
        "call: thank you",
        "timeout: nobody calls",
        "call: good night",
        "timeout: nobody calls",
        "stopped",
    ]
    assert ended.stderr == "" and ended.returncode == 0
