"""Random programs on virtual time: they end, no clock moves back, and where threads take turns a program
and its seed decide everything.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Literal

import pytest

from heartbeat import Channel, Timer, after_func, go, now, select, send, sleep
from heartbeat.testing import virtual_time
from support import SANITIZED

PROGRAMS = 5 if SANITIZED else 40
THREADS, STEPS = 5, 40
BRIEF = (0, 0.3, 1)  # seconds


class Program:
    """Threads that do what chance says to a few channels, and write down what came of it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        chance = random.Random(seed)
        self.channels: list[Channel[Any]] = [Channel(chance.choice([0, 1, None])) for _ in range(4)]
        self.steps: list[tuple[float, int, object]] = []

    def note(self, number: int, outcome: object) -> None:
        self.steps.append((now(), number, outcome))

    def step(self, number: int, chance: random.Random) -> object:
        one, other = chance.choices(self.channels, k=2)
        wait = chance.choice(BRIEF)
        kinds: list[Callable[[], object]] = [
            lambda: sleep(wait),
            lambda: one.send(number, timeout=wait),
            lambda: one.recv(timeout=wait),
            lambda: select(one, send(other, number), Timer(wait))[:2],
            lambda: select(one, other, timeout=wait)[:2],
            lambda: after_func(wait, lambda: self.note(number, one.try_send(number))).active,
            lambda: go(self.note, number, "another").done,
        ]
        try:
            return chance.choice(kinds)()
        except TimeoutError:
            return "in vain"

    def body(self, number: int) -> None:
        chance = random.Random(self.seed * THREADS + number)
        for _ in range(STEPS):
            before = now()
            self.note(number, self.step(number, chance))
            assert now() >= before

    def run(self) -> None:
        tasks = [go(self.body, number) for number in range(THREADS)]
        for task in tasks:
            task.result()
        sleep(max(BRIEF))


def steps_of(seed: int, schedule: Literal["random", "pct"] | None) -> list[tuple[float, int, object]]:
    with virtual_time(seed=seed, schedule=schedule) as bubble:
        program = Program(seed)
        program.run()
        bubble.wait()
        return program.steps


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_random_programs_end(seed: int) -> None:
    assert len(steps_of(seed, None)) >= THREADS * STEPS


@pytest.mark.parametrize("schedule", ["random", "pct"])
@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_where_threads_take_turns_a_seed_decides_everything(
    seed: int, schedule: Literal["random", "pct"]
) -> None:
    assert steps_of(seed, schedule) == steps_of(seed, schedule)
