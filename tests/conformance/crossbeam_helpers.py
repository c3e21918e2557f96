"""What the ports of crossbeam-channel's tests share: tasks that must end, waits, small judges.

A Rust test pauses for a second so that its peer is surely asleep; here the test asks the channel
who waits. A Rust test ends a channel by dropping its handles; here it calls close().
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from heartbeat import Channel, Closed, Source, Task, go, now, sleep

EMPTY = object()
"""Default for try_recv, so that None stays usable as a message."""

LIMIT = 60.0
"""Seconds after which a wait that must succeed counts as a hang."""

SHORT = 0.05
"""Seconds during which a test watches nothing happen."""

_PAUSE = 0.0005

Spawn = Callable[..., "Task[Any]"]


@contextmanager
def scope() -> Iterator[Spawn]:
    """Start tasks in the block; all of them have to return before the block is left."""
    tasks: list[Task[Any]] = []

    def spawn(function: Callable[..., Any], *args: Any) -> Task[Any]:
        tasks.append(go(function, *args))
        return tasks[-1]

    yield spawn
    _finish(tasks)


def _finish(tasks: list[Task[Any]]) -> None:
    """A failed task explains why its peers hang, so failures are looked for before the hang is."""
    deadline = now() + LIMIT
    for task in tasks:
        with suppress(TimeoutError):
            task.join(timeout=max(0.0, deadline - now()))
    for task in tasks:
        if task.exception is not None:
            raise task.exception
    assert all(task.done for task in tasks), "a task is still running"


def until(condition: Callable[[], object]) -> None:
    """Wait for a state that no channel announces, such as a parked peer."""
    deadline = now() + LIMIT
    while not condition():
        assert now() < deadline, "the awaited state never came"
        sleep(_PAUSE)


def until_senders(channel: Channel[Any], count: int = 1) -> None:
    until(lambda: channel.stats().waiting_senders >= count)


def until_receivers(channel: Channel[Any], count: int = 1) -> None:
    until(lambda: channel.stats().waiting_receivers >= count)


def until_closed(channel: Channel[Any]) -> None:
    until(lambda: channel.closed)


def drain(channel: Channel[Any]) -> Iterator[Any]:
    """What is there now, without waiting (crossbeam's try_iter)."""
    while (value := channel.try_recv(EMPTY)) is not EMPTY:
        yield value


def drain_until_closed(channel: Channel[Any]) -> Iterator[Any]:
    """As drain, for a channel that may be closed by the time it is empty."""
    with suppress(Closed):
        yield from drain(channel)


def fill(channel: Channel[Any], count: int) -> None:
    for _ in range(count):
        channel.send(None)


def is_empty(source: Source[Any]) -> bool:
    """True if nothing can be received now; takes what it finds otherwise."""
    return source.try_recv(EMPTY) is EMPTY


def assert_closed(operation: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    with pytest.raises(Closed):
        operation(*args, **kwargs)


def assert_times_out(operation: Callable[..., Any], *args: Any, timeout: float = SHORT) -> None:
    """The operation waits the whole timeout, then gives up."""
    start = now()
    with pytest.raises(TimeoutError):
        operation(*args, timeout=timeout)
    assert now() - start >= timeout


def assert_fair(hits: Sequence[int], total: int) -> None:
    """Every choice got at least half of its even share.

    The callers take enough rounds to put this bound six standard deviations from the mean.
    """
    assert sum(hits) == total
    assert all(hit >= total // len(hits) // 2 for hit in hits), hits


class Message:
    """Counts its own end in the list it was made with."""

    def __init__(self, ends: list[None]) -> None:
        self._ends = ends

    def __del__(self) -> None:
        self._ends.append(None)
