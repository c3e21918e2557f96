"""Virtual time as a context manager, around the engine's Bubble."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Literal

from heartbeat._native import Bubble
from heartbeat.testing._patch import patched


@contextmanager
def virtual_time(start: float = 0.0, seed: int = 0, *, patch: bool = False, stall: float | None = 5.0,
                 schedule: Literal["random", "pct"] | None = None) -> Iterator[Bubble]:
    """Run the block on a clock that jumps to the next deadline when every participant waits.

    The calling thread and every thread the engine starts inside are participants. When all of
    them wait in the engine and nothing is due, DeadlockError is raised in the calling thread.
    Participants that are still there at the end are a LeakError that names them. Bubbles do not
    nest, and their objects belong to them: used from outside, they raise Error.
    Whoever waits with a deadline keeps time going, a ticker's reader and a worker with an interval too:
    beside one no deadlock is found.

    `start` is the clock's first instant in seconds; `seed` decides random choices. Time stands
    still while a participant runs, or waits for what is not the engine's. When that lasts for
    `stall` real seconds, StallError tells which does and where: raised in the thread that
    entered if it waits in the engine; else the report goes to stderr first, and it is raised as
    soon as Python can in that thread. None: wait for ever (in a debugger, say).

    With a `schedule` one participant runs at a time, and the seed decides too who goes next, at
    every operation of the engine: "random" gives each the same chance, "pct" gives them priorities
    that change at a few steps. explore() tries many seeds.

    With `patch` threads of the standard library take part without a rewrite, and only while the
    block runs. Everybody who takes no part keeps real time.

    - A threading.Thread (Timer too) that a participant starts is a participant until it ends.
    - time.sleep, and waits for what a participant has made, wait on the bubble's clock: Lock, RLock,
      Condition, Event, Semaphore, BoundedSemaphore and Barrier of threading, all of queue, Thread.join,
      and ThreadPoolExecutor with its futures. Names imported before mean the same.
    - time.monotonic and time.perf_counter tell heartbeat.now(); time.time begins at 946684800.0, which
      is the start of 2000 in UTC. So do the _ns variants, gmtime, localtime, ctime, asctime and strftime
      where they mean the present, and now, utcnow and today of datetime.

    What was made outside, or while a module was imported, stays real: a participant that waits for it
    counts as running, and time stands still. So do waits for sockets, files and processes. Not patched:
    time.clock_gettime, thread_time and process_time, timeouts of select, subprocess and
    multiprocessing, asyncio, locks and threads made with _thread, and process pools.
    """
    bubble = Bubble(start, seed, stall=stall, schedule=schedule)
    with patched(bubble) if patch else nullcontext(), bubble:
        yield bubble
