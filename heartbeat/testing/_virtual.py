"""Virtual time as a context manager, around the engine's Bubble."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from heartbeat._native import Bubble


@contextmanager
def virtual_time(start: float = 0.0, seed: int = 0, *,
                 schedule: Literal["random", "pct"] | None = None) -> Iterator[Bubble]:
    """Run the block on a clock that jumps to the next deadline when every participant waits.

    The calling thread and every thread the engine starts inside are participants. When all of
    them wait in the engine and nothing is due, DeadlockError is raised in the calling thread.
    Participants that are still there at the end are a LeakError that names them. Bubbles do not
    nest, and their objects belong to them: used from outside, they raise Error.

    `start` is the clock's first instant in seconds; `seed` decides random choices. With a
    `schedule` one participant runs at a time, and the seed decides too who goes next, at every
    operation of the engine: "random" gives each the same chance, "pct" gives them priorities
    that change at a few steps.
    """
    with Bubble(start, seed, schedule=schedule) as bubble:
        yield bubble
