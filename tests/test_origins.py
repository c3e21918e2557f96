"""Where things were made: told inside of bubbles, and elsewhere while tracking is on."""

import inspect
import re
from collections.abc import Callable, Iterator

import pytest
from support import dumped

import heartbeat
from heartbeat import Channel, Heartbeat, Monitor, Task, Ticker, Timer, Watchdog, Worker, after_func, go
from heartbeat._native import _origin_of, _track_origins
from heartbeat.testing import virtual_time


@pytest.fixture
def tracked() -> Iterator[None]:
    before = _track_origins(True)
    yield
    _track_origins(before)


def here(offset: int = 0) -> str:
    """file:line of the caller."""
    frame = inspect.currentframe()
    assert frame is not None and frame.f_back is not None
    return f"{__file__}:{frame.f_back.f_lineno + offset}"


MAKERS: dict[str, Callable[[], object]] = {
    "channel": lambda: Channel(1),
    "typed channel": lambda: Channel(1, dtype="q"),
    "timer": lambda: Timer(100.0),
    "ticker": lambda: Ticker(100.0),
    "after": lambda: heartbeat.after(100.0),
    "watchdog": lambda: Watchdog(100.0),
    "heartbeat": lambda: Heartbeat("beat"),
    "monitor": lambda: Monitor(),
    "worker": lambda: Worker(lambda: None),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_tracked_things_know_where_they_were_made(kind: str, tracked: None) -> None:
    made = MAKERS[kind]()
    line = MAKERS[kind].__code__.co_firstlineno
    assert _origin_of(made) == f"{__file__}:{line}"


@pytest.mark.parametrize("kind", MAKERS)
def test_untracked_things_do_not(kind: str) -> None:
    before = _track_origins(False)
    made = MAKERS[kind]()
    _track_origins(before)
    assert _origin_of(made) is None


def test_in_a_bubble_all_are_tracked() -> None:
    with virtual_time():
        channel, line = Channel[int](), here()
        assert _origin_of(channel) == line


def test_a_dead_thing_is_forgotten(tracked: None) -> None:
    """A later thing at the same address that is not tracked has no origin of another's."""
    for _ in range(100):
        Channel[int]()
    _track_origins(False)
    assert {_origin_of(Channel[int]()) for _ in range(100)} == {None}


def test_many_things_at_once(tracked: None) -> None:
    channels = [Channel[int]() for _ in range(5_000)]
    assert {_origin_of(channel) for channel in channels} == {here(-1)}


def test_tracking_tells_what_it_was() -> None:
    before = _track_origins(True)
    assert _track_origins(False) is True
    assert _track_origins(before) is False


def test_the_thread_of_a_task_is_dumped_with_its_origin(tracked: None) -> None:
    hold = Channel[None]()
    task, line = go(hold.recv, name="held"), here()
    assert _origin_of(task) == line
    assert re.search(rf"'held' .* made at {re.escape(line)}$", dumped(), re.MULTILINE)
    hold.send(None)
    task.join(10)


def test_a_worker_was_made_where_it_was_made_not_where_it_was_started(tracked: None) -> None:
    worker, line = Worker(lambda ctx: ctx.recv(heartbeat.nil), name="made here"), here()
    worker.start()
    assert f"made at {line}" in next(row for row in dumped().splitlines() if "'made here'" in row)
    worker.stop()
    worker.join(10)


def test_a_call_at_an_instant_shows_where_it_was_asked_for(tracked: None) -> None:
    reached, go_on = Channel[str](), Channel[None]()

    def call() -> None:
        reached.send(dumped())
        go_on.recv()

    timer, line = after_func(0.0, call), here()
    assert _origin_of(timer) == line
    rows = reached.recv(timeout=10).splitlines()  # of idle threads of other calls, too
    assert any("'hb-after-func'" in row and f"made at {line}" in row for row in rows)
    go_on.send(None)


def test_frames_of_the_package_are_passed_over(tracked: None) -> None:
    """tick() makes its Ticker in the extension; what counts is who called."""
    ticker, line = heartbeat.tick(10.0), here()
    assert _origin_of(ticker) == line


def test_untracked_threads_have_no_origin() -> None:
    hold = Channel[None]()
    before = _track_origins(False)
    task: Task[None] = go(hold.recv, name="untracked")
    _track_origins(before)
    row = next(row for row in dumped().splitlines() if "'untracked'" in row)
    assert "made at" not in row
    hold.send(None)
    task.join(10)
