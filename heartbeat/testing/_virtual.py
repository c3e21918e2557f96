"""Virtual time as a context manager, around the engine's Bubble."""

from collections.abc import Iterator
from contextlib import contextmanager

from heartbeat._native import Bubble


@contextmanager
def virtual_time(start: float = 0.0, seed: int = 0) -> Iterator[Bubble]:
    """Run the block on a clock that jumps to the next deadline when every participant waits.

    The calling thread and every thread the engine starts inside are participants. When all of
    them wait in the engine and nothing is due, DeadlockError is raised in the calling thread.
    Participants that are still there at the end are a LeakError that names them. Bubbles do not
    nest, and their objects belong to them: used from outside, they raise Error.

    `start` is the clock's first instant in seconds; `seed` decides random choices.
    """
    with Bubble(start, seed) as bubble:
        yield bubble
