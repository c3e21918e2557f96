"""Running a function under many schedules, each decided by a seed of its own."""

import zlib
from collections.abc import Callable, Iterator

from heartbeat.testing._virtual import virtual_time

_SEED_BITS = 40


def _default_seed(fn: Callable[[], object]) -> int:
    """The same for every run of one test, so that a failure in CI is no surprise of chance."""
    name = f"{getattr(fn, '__module__', '')}.{getattr(fn, '__qualname__', type(fn).__qualname__)}"
    return zlib.crc32(name.encode())


def _seeds(first: int, schedules: int) -> Iterator[int]:
    """The seed itself, so that a printed one replays its schedule as the first of one; then others."""
    yield first
    state = first
    for _ in range(schedules - 1):
        state = (state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        x = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        yield (x ^ (x >> 31)) >> (64 - _SEED_BITS)


def explore(fn: Callable[[], object], *, schedules: int = 1000, seed: int | None = None,
            schedule: str = "random", start: float = 0.0, patch: bool = False) -> None:
    """Call fn() under many schedules: in each a fresh bubble, where one participant runs at a time.

    The first failure (an exception, DeadlockError, LeakError) is raised, with a note that names the
    seed of its schedule: explore(fn, schedules=1, seed=N), or pytest --heartbeat-seed=N, runs
    exactly that schedule again.
    """
    if schedules < 1:
        raise ValueError("schedules must be at least 1")
    first = _default_seed(fn) if seed is None else seed
    for each in _seeds(first, schedules):
        try:
            with virtual_time(start, each):
                fn()
        except BaseException as error:
            error.add_note(f"schedule with seed {each}: replay it with --heartbeat-seed={each}")
            raise
