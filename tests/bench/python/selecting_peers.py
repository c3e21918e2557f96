"""select() of pygolang, as selecting.py does it with ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import repeat
from typing import Any

from selecting import SOURCES
from timing import Benchmark, nanoseconds_each


def receives_of(n: int, values: int) -> list[Callable[[], Any]]:
    """The receive of each of n channels, the last of which holds so many values."""
    import golang

    made = [golang.chan(values) for _ in range(n)]
    for i in repeat(1, values):
        made[-1].send(i)
    return [channel.recv for channel in made]


def one_ready(sources: int, count: int) -> float:
    import golang

    receives, select = tuple(receives_of(sources, count)), golang.select

    def work() -> None:
        for _ in repeat(None, count):
            select(*receives)

    return nanoseconds_each(count, work)


def none_ready(sources: int, count: int) -> float:
    import golang

    cases = [*receives_of(sources, 0), golang.default]
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
