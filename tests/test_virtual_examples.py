"""The example programs on virtual time: the same lines in every run, in no time to speak of.

An example waits for nothing but the engine, so all its seconds are virtual; and each of its lines
follows from the one before, or from the clock, so they have one order.
"""

from __future__ import annotations

import importlib.util
import io
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from heartbeat import Channel, go, now, sleep, tick
from heartbeat.testing import virtual_time
from support import SANITIZED

EXAMPLES = Path(__file__).parent / "examples"
RUNS = 50 if SANITIZED else 1_000
BRIEF = 0.06  # real seconds a run may take on average, however busy the machine: it takes a few ms


def load(name: str) -> Any:
    file = EXAMPLES / f"{name}.py"
    spec = importlib.util.spec_from_file_location("virtual_" + name.replace("/", "_"), file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def run(program: Callable[[], object], patch: bool) -> tuple[str, float]:
    """What the program prints, without the ids of threads, and how long it takes, on the clock it
    sees.
    """
    out = io.StringIO()
    with redirect_stdout(out), virtual_time(patch=patch) as bubble:
        program()
        return re.sub(r" \(\d+\)", "", out.getvalue()), bubble.now


def always(program: Callable[[], object], patch: bool = False) -> tuple[list[str], float]:
    """Run it a thousand times: the one outcome they all have."""
    began = now()
    outcomes = Counter(run(program, patch) for _ in range(RUNS))
    assert now() - began < RUNS * BRIEF
    assert list(outcomes.values()) == [RUNS], outcomes.most_common(2)
    [(text, seconds)] = outcomes
    return text.splitlines(), seconds


def example(name: str, *arguments: str) -> Callable[[], object]:
    main = load(name).main
    return lambda: main(arguments)


# The ten-second program: a pulse every second, a result every other.

TEN_SECONDS = [line for n in range(1, 6) for line in ("pulse", "pulse", f"result {n}")]


def test_interval() -> None:
    lines, seconds = always(example("interval", "--interval", "1", "--results", "5"))
    assert lines == [*TEN_SECONDS, "stopped: pulses closed True, results closed True"]
    assert seconds == 10.0


def test_interval_of_channels() -> None:
    lines, seconds = always(example("channels/interval", "--interval", "1", "--results", "5"))
    assert lines == [*TEN_SECONDS, "done: pulses closed True, results closed True"]
    assert seconds == 10.0


def test_interval_ended_by_the_clock() -> None:
    """As the book has it: after ten seconds `done` is closed, at the instant of the last result.

    Of those who are due then the worker joined first: it wakes, and its result is taken, before
    the other one wakes.
    """
    module = load("channels/interval")

    def end(done: Channel[None]) -> None:
        sleep(10)
        done.close()

    def program() -> None:
        done: Channel[None] = Channel()
        worker = module.Worker(done, tick(1), tick(2))
        tasks = go(worker.run), go(end, done)
        assert not module.consume(worker, 6, 2.0)
        for task in tasks:
            task.result()

    assert always(program) == (TEN_SECONDS, 10.0)


# The others.


def units() -> list[str]:
    return [line for n in range(1, 11) for line in ("pulse", f"result {n * n}")]


@pytest.mark.parametrize(
    ("name", "rest"), [("unit_of_work", ["pulse"]), ("channels/unit_of_work", [])]
)
def test_unit_of_work(name: str, rest: list[str]) -> None:
    """A generator begins a last unit, to find that nothing is left."""
    lines, seconds = always(example(name, "--interval", "0.2"))
    assert lines == units() + rest
    assert seconds == pytest.approx(2.0)


CALLS = ["call: good morning", "call: any news?", "call: thank you", "timeout: nobody calls"]
TALK = [*CALLS, "call: good night", "timeout: nobody calls"]


def test_reception() -> None:
    lines, seconds = always(example("reception", "--timeout", "1"))
    assert lines == ["up", *TALK, "stopped"]
    assert seconds == 2.0


def test_reception_of_channels() -> None:
    lines, seconds = always(example("channels/reception", "--timeout", "1"))
    assert lines == ["up: reception timeout", *TALK, "stopped: reception timeout"]
    assert seconds == 2.0


def test_deadlock_of_channels() -> None:
    lines, seconds = always(example("channels/deadlock", "--timeout", "1"))
    assert lines == [
        "worker 1 did item 1",
        "worker 1 did item 2",
        "worker 1 is not healthy: silent since it began item 3",
        "worker 2 did item 3",
        "worker 2 did item 4",
        "worker 2 is not healthy: silent since it began item 5",
        "worker 3 did item 5",
        "worker 3 did item 6",
        "6 of 6 items done, each once: True",
    ]
    assert seconds == 2.0


def test_deadlock() -> None:
    lines, seconds = always(example("deadlock", "--timeout", "1"))
    numbers = [str(number) for number in range(100)]
    assert lines == [
        *numbers[:11],
        "healthy: False: blocked: thread 'counter': send to channel 'notes'"
        " (1 senders, 0 receivers wait), for 1.000 s of virtual time",
        *numbers[11:],
        "100 of 100 numbers, each once: True",
    ]
    assert seconds == 1.0


def test_misbehaving() -> None:
    """Its worker waits for a threading.Event, and that takes part when it is patched."""
    lines, seconds = always(example("misbehaving", "--interval", "1"), patch=True)
    assert lines[:2] == ["pulse", "pulse"] and len(lines) == 3
    assert lines[2].startswith("worker is not healthy! blocked, thread 'worker'")
    assert lines[2].endswith("1.500 s of virtual time") and seconds == 4.0


def test_misbehaving_of_channels() -> None:
    lines, seconds = always(example("channels/misbehaving", "--interval", "1"))
    assert lines == ["pulse", "pulse", "worker is not healthy!"]
    assert seconds == 4.0
