"""Virtual time as a context manager, around the engine's Bubble."""

from collections.abc import Iterator
from contextlib import contextmanager

from heartbeat._native import Bubble


@contextmanager
def virtual_time(start: float = 0.0, seed: int = 0, *, stall: float | None = 5.0) -> Iterator[Bubble]:
    """Run the block on a clock that jumps to the next deadline when every participant waits.

    The calling thread and every thread the engine starts inside are participants. When all of
    them wait in the engine and nothing is due, DeadlockError is raised in the calling thread.
    Participants that are still there at the end are a LeakError that names them. Bubbles do not
    nest, and their objects belong to them: used from outside, they raise Error.

    `start` is the clock's first instant in seconds; `seed` decides random choices. Time stands
    still while a participant runs, or waits for what is not the engine's. When that lasts for
    `stall` real seconds, StallError tells which does and where: raised in the thread that
    entered if it waits in the engine; else the report goes to stderr first, and it is raised as
    soon as Python can in that thread. None: wait for ever (in a debugger, say).
    """
    with Bubble(start, seed, stall=stall) as bubble:
        yield bubble
