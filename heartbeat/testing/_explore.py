"""Running a function under many schedules, each decided by a seed of its own."""

import gc
import linecache
import random
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from heartbeat._native import Bubble
from heartbeat.testing._unseen import unseen_exceptions
from heartbeat.testing._virtual import virtual_time

_WORD = (1 << 64) - 1
_SEED_BITS = 32
_LENGTH_BITS = 4  # of a seed: how long a run is expected to be, 8 << n steps


def _mix(state: int) -> int:
    x = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _WORD
    return x ^ (x >> 31)


def _default_seed(fn: Callable[[], object]) -> int:
    """The same for every run of one test: what CI finds it finds again, until the code changes."""
    name = f"{getattr(fn, '__module__', '')}.{getattr(fn, '__qualname__', type(fn).__qualname__)}"
    return zlib.crc32(name.encode())


def _length_code(steps: int) -> int:
    code = 0
    while 8 << code < steps and code < (1 << _LENGTH_BITS) - 1:
        code += 1
    return code


class _Seeds:
    """First the seed itself, so that a printed one replays its schedule; then others.

    PCT spreads its changes over the expected length of a run. That is learned from the
    runs so far, and told in the seed: nothing else is needed to repeat a schedule.
    """

    def __init__(self, first: int, schedules: int) -> None:
        self._first, self._schedules, self.most_steps = first, schedules, 0

    def __iter__(self) -> Iterator[int]:
        yield self._first
        state = self._first
        for _ in range(self._schedules - 1):
            state = (state + 0x9E3779B97F4A7C15) & _WORD
            high = _mix(state) >> (64 - _SEED_BITS)
            yield high << _LENGTH_BITS | _length_code(self.most_steps)


# ---- one schedule ----


def _source_line(where: str) -> str:
    file, _, line = where.rpartition(":")
    return linecache.getline(file, int(line)).strip() if line.isdigit() else ""


def _trace_text(bubble: Bubble) -> str:
    lines = [f"  {number:>3}  {at:9.3f} s  {where}  {_source_line(where)}".rstrip()
             for number, at, where in bubble._trace]
    return "\n".join([f"the last {len(lines)} operations (participant, instant, place):", *lines])


def _explain(error: BaseException, seed: int, bubble: Bubble, unseen: list[BaseException]) -> None:
    error.add_note(f"in the schedule with seed {seed}; to run it again: "
                   f"explore(..., schedules=1, seed={seed}), or pytest --heartbeat-seed={seed}")
    for other in unseen:
        if other is not error:
            error.add_note(f"a participant had raised {other!r}")
    error.add_note(_trace_text(bubble))


@contextmanager
def _undisturbed(seed: int) -> Iterator[None]:
    """What else would differ between two runs of one seed: chance, and when the collector runs."""
    collects, chance = gc.isenabled(), random.getstate()
    gc.disable()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(chance)
        if collects:
            gc.enable()


def _run(fn: Callable[[], object], seed: int, schedule: Literal["random", "pct"], start: float,
         patch: bool) -> int:
    """One schedule; how many choices it had."""
    bubble: Bubble | None = None
    with unseen_exceptions() as unseen:
        try:
            with (_undisturbed(seed),
                  virtual_time(start, seed, patch=patch, schedule=schedule) as bubble):
                unseen.bubble = bubble
                fn()
            if unseen.errors:
                raise unseen.errors[0]
        except BaseException as error:
            if bubble is not None:
                _explain(error, seed, bubble, unseen.errors)
            raise
    return bubble._steps


def explore(fn: Callable[[], object], *, schedules: int = 1000, seed: int | None = None,
            schedule: Literal["random", "pct"] = "random", start: float = 0.0,
            patch: bool = False) -> None:
    """Call fn() under many schedules: in each a fresh bubble, where one participant runs at a time.

    At every operation of the engine a seed decides who goes on: at random ("random"), or by
    priorities that change at a few steps ("pct"). The seeds come from `seed`; if that is None,
    from the name of fn, so that every run explores the same schedules.

    The first failure is raised: what fn raises, DeadlockError, LeakError, or an exception of a
    participant that nobody looked at. Its notes name the seed of the schedule and show its
    last operations. explore(fn, schedules=1, seed=N), or pytest --heartbeat-seed=N, runs exactly
    that schedule again, as long as fn itself is deterministic. (The module random is seeded.)
    """
    if schedules < 1:
        raise ValueError("schedules must be at least 1")
    seeds = _Seeds(_default_seed(fn) if seed is None else seed, schedules)
    for each in seeds:
        steps = _run(fn, each, schedule, start, patch)
        seeds.most_steps = max(seeds.most_steps, steps)
