"""What Go's sync and context give, over channels: so every wait is one of the engine's, and bubbles
see it. The channels have names, by which a report tells what a thread waits for.

Bookkeeping is guarded by a lock of Python's that is never held across an operation of the engine. A
thread that a bubble ends gives nothing back on its way out, as a leaked goroutine never runs what it
deferred.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

from heartbeat import Channel, Closed, Source, Stopped, go, select


def receive(source: Source[Any]) -> tuple[Any, bool]:
    """Go's `v, ok := <-c`: what was received, or None and False once it is closed."""
    got = select(source)
    return got.value, got.ok


def poll(source: Source[Any]) -> bool:
    """Whether there is something to receive, or the source is closed; what there was is taken."""
    try:
        return source.try_recv(nothing) is not nothing
    except Closed:
        return True


nothing = object()


class Locker(Protocol):
    """What a Cond needs."""

    def lock(self) -> None: ...
    def unlock(self) -> None: ...


class Guard:
    """`with` for what has lock and unlock."""

    def lock(self) -> None:
        raise NotImplementedError

    def unlock(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> None:
        self.lock()

    def __exit__(
        self, kind: type[BaseException] | None, error: object, tb: TracebackType | None
    ) -> None:
        if kind is None or not issubclass(kind, Stopped):
            self.unlock()


class Mutex(Guard):
    """Not reentrant, and anybody may unlock it."""

    def __init__(self, name: str = "mutex") -> None:
        self._held: Channel[None] = Channel(1, name=name)

    def lock(self) -> None:
        self._held.send(None)

    def unlock(self) -> None:
        if self._held.try_recv(nothing) is nothing:
            raise RuntimeError("unlock of a mutex that nobody holds")


class RWMutex(Guard):
    """Writers before readers: while a writer holds it or waits for it, new readers queue."""

    def __init__(self) -> None:
        self._writers = Mutex("writers")
        self._state = threading.Lock()
        self._writing = False  # a writer holds it, or waits for the readers before it
        self._readers = 0
        self._queue = 0  # readers behind the writer
        self._to_readers: Channel[None] = Channel(None, name="readers")
        self._to_writer: Channel[None] = Channel(None, name="writers")

    def rlock(self) -> None:
        with self._state:
            queues = self._writing
            self._queue += queues
            self._readers += not queues
        if queues:
            self._to_readers.recv()

    def runlock(self) -> None:
        with self._state:
            if self._readers == 0:
                raise RuntimeError("runlock of a lock that nobody reads under")
            self._readers -= 1
            last = self._writing and self._readers == 0
        if last:
            self._to_writer.send(None)

    def lock(self) -> None:
        self._writers.lock()
        with self._state:
            self._writing = True
            waits = self._readers > 0
        if waits:
            self._to_writer.recv()

    def unlock(self) -> None:
        with self._state:
            if not self._writing:
                raise RuntimeError("unlock of a lock that nobody writes under")
            self._writing = False
            self._readers, self._queue, woken = self._queue, 0, self._queue
        for _ in range(woken):
            self._to_readers.send(None)
        self._writers.unlock()

    def reading(self) -> Reading:
        return Reading(self)


class Reading(Guard):
    """An RWMutex by its side for readers."""

    def __init__(self, mutex: RWMutex) -> None:
        self._mutex = mutex

    def lock(self) -> None:
        self._mutex.rlock()

    def unlock(self) -> None:
        self._mutex.runlock()


class WaitGroup:
    """Counts what is still to happen; wait() blocks until the count is 0."""

    def __init__(self, count: int = 0) -> None:
        self._state = threading.Lock()
        self._count = count
        self._zero: Channel[None] = Channel(name="wait group")

    def add(self, n: int = 1) -> None:
        with self._state:
            self._count += n
            if self._count < 0:
                raise RuntimeError("a wait group counts below 0")
            reached = self._zero if self._count == 0 else None
            if reached:
                self._zero = Channel(name="wait group")
        if reached:
            reached.close()

    def done(self) -> None:
        self.add(-1)

    def wait(self) -> None:
        with self._state:
            zero = self._zero if self._count else None
        if zero:
            receive(zero)


class Cond:
    """A condition of what `locker` guards. As Go's: signals are not kept for who comes later."""

    def __init__(self, locker: Locker) -> None:
        self.locker = locker
        self._waiting: deque[Channel[None]] = deque()

    def wait(self) -> None:
        ticket: Channel[None] = Channel(1, name="condition")
        self._waiting.append(ticket)
        self.locker.unlock()
        ticket.recv()
        self.locker.lock()

    def signal(self) -> None:
        with suppress(IndexError):  # nobody waits
            self._waiting.popleft().send(None)

    def broadcast(self) -> None:
        for _ in range(len(self._waiting)):
            self.signal()


class Once:
    """Runs the first function it is given; others wait until that one has returned."""

    def __init__(self) -> None:
        self._mutex = Mutex()
        self._done = False

    def do(self, fn: Callable[[], object]) -> None:
        if self._done:
            return
        with self._mutex:
            if not self._done:
                fn()
                self._done = True


class Context:
    """Cancelled by cancel(), or with its parent. `done` is then closed."""

    def __init__(self, parent: Context | None = None) -> None:
        self.done: Channel[None] = Channel()
        self._state = threading.Lock()
        self._children: list[Context] = []
        if parent:
            parent._adopt(self)

    def _adopt(self, child: Context) -> None:
        with self._state:
            self._children.append(child)
        if self.done.closed:
            child.cancel()

    def cancel(self) -> None:
        self.done.close()
        with self._state:
            children, self._children = self._children, []
        for child in children:
            child.cancel()


def with_timeout(parent: Context | None, seconds: float) -> Context:
    """A Context that is cancelled that much later too; a thread of its own sees to it."""
    context = Context(parent)
    go(_cancel_later, context, seconds, name="deadline of a context")
    return context


def _cancel_later(context: Context, seconds: float) -> None:
    with suppress(TimeoutError):
        select(context.done, timeout=seconds)
    context.cancel()
