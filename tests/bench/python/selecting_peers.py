"""select() of pygolang, as selecting.py does it with ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import repeat
from typing import Any

from selecting import SOURCES
from timing import Benchmark, nanoseconds_each


def channels(n: int) -> tuple[Callable[[Any], None], list[Callable[[], Any]]]:
    """The last one's send, and the receive of each."""
    import golang

    made = [golang.chan(1) for _ in range(n)]
    return made[-1].send, [channel.recv for channel in made]


def one_ready(sources: int, count: int) -> float:
    import golang

    put, receives = channels(sources)
    select = golang.select

    def work() -> None:
        for i in repeat(1, count):
            put(i)
            select(*receives)

    return nanoseconds_each(count, work)


def none_ready(sources: int, count: int) -> float:
    import golang

    _, receives = channels(sources)
    cases = [*receives, golang.default]
    select = golang.select

    def work() -> None:
        for _ in repeat(None, count):
            select(*cases)

    return nanoseconds_each(count, work)


SELECTING: dict[str, dict[str, Benchmark]] = {
    "pygolang": {
        f"{name}-{n}": partial(work, n)
        for name, work in {"select_ready": one_ready, "try_select_empty": none_ready}.items()
        for n in SOURCES
    },
}
