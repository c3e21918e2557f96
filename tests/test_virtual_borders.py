"""What belongs to a bubble is refused to everybody else, and may be looked at by everybody."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from heartbeat import (
    Channel,
    Error,
    Heartbeat,
    Monitor,
    Selector,
    Ticker,
    Watchdog,
    Worker,
    after,
    after_func,
    go,
    select,
    send,
)
from heartbeat.testing import virtual_time


class Belongings:
    """One of each, made where this is made."""

    def __init__(self) -> None:
        self.channel: Channel[int] = Channel(1)
        self.timer = after(3600.0)
        self.ticker = Ticker(3600.0)
        self.func_timer = after_func(3600.0, lambda: None)
        self.watchdog = Watchdog(3600.0)
        self.beat = Heartbeat("belongs", timeout=60.0, interval=30.0)
        self.monitor = Monitor(name="belongs")
        self.worker = Worker(lambda ctx: None, name="belongs")
        self.ended = Worker(lambda ctx: None, name="ended").start()
        self.ended.join()
        self.task = go(lambda: None, name="belongs")
        self.task.join()


USES: dict[str, Callable[[Belongings], object]] = {
    "channel.send": lambda own: own.channel.send(1),
    "channel.recv": lambda own: own.channel.recv(),
    "channel.close": lambda own: own.channel.close(),
    "timer.stop": lambda own: own.timer.stop(),
    "timer.reset": lambda own: own.timer.reset(1.0),
    "timer.recv": lambda own: own.timer.recv(),
    "ticker.stop": lambda own: own.ticker.stop(),
    "ticker.reset": lambda own: own.ticker.reset(1.0),
    "func_timer.stop": lambda own: own.func_timer.stop(),
    "func_timer.reset": lambda own: own.func_timer.reset(1.0),
    "watchdog.beat": lambda own: own.watchdog.beat(),
    "watchdog.stop": lambda own: own.watchdog.stop(),
    "beat.pulse": lambda own: own.beat.pulse(),
    "beat.unit": lambda own: own.beat.unit("u"),
    "beat.progress": lambda own: own.beat.progress(1),
    "beat.pause": lambda own: own.beat.pause(1.0),
    "beat.close": lambda own: own.beat.close(),
    "pulses.recv": lambda own: own.beat.pulses.recv(),
    "monitor.watch": lambda own: own.monitor.watch(own.beat),
    "monitor.unwatch": lambda own: own.monitor.unwatch(own.beat),
    "monitor.demand": lambda own: own.monitor.demand(own.channel, 1.0),
    "monitor.dump": lambda own: own.monitor.dump(),
    "monitor.start": lambda own: own.monitor.start(),
    "monitor.check": lambda own: own.monitor.check(),
    "monitor.recv": lambda own: own.monitor.recv(),
    "monitor.close": lambda own: own.monitor.close(),
    "worker.start": lambda own: own.worker.start(),
    "worker.stop": lambda own: own.worker.stop(),
    "worker.join": lambda own: own.ended.join(),
    "task.join": lambda own: own.task.join(),
    "task.result": lambda own: own.task.result(),
    "select": lambda own: select(own.channel, own.timer),
    "selector.select": lambda own: Selector([own.channel]).select(),
    "selector.try_select": lambda own: Selector([send(own.channel, 1)]).try_select(),
}


@pytest.fixture(scope="module")
def left_behind() -> Belongings:
    with virtual_time():
        return Belongings()


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_use_after_the_end_is_refused(left_behind: Belongings, use: Callable[[Belongings], object]) -> None:
    with pytest.raises(Error, match="belongs to a virtual-time bubble"):
        use(left_behind)


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_use_from_another_bubble_is_refused(left_behind: Belongings, use: Callable[[Belongings], object]) -> None:
    with virtual_time(), pytest.raises(Error, match="belongs to a virtual-time bubble"):
        use(left_behind)


@virtual_time()
def test_use_from_outside_is_refused() -> None:
    """By a thread that takes no part, while the bubble is under way; and then all goes on as before."""
    own = Belongings()
    refused: list[str] = []

    def try_all() -> None:
        for name, use in USES.items():
            with pytest.raises(Error, match="belongs to a virtual-time bubble"):
                use(own)
            refused.append(name)

    thread = threading.Thread(target=try_all)
    thread.start()
    thread.join()
    assert refused == list(USES)
    own.beat.pulse()
    own.monitor.watch(own.beat).start()
    own.worker.start().join()
    assert not own.channel.closed and own.timer.active and own.watchdog.stop()
    assert own.monitor.close() and own.beat.close()


def test_looking_is_allowed(left_behind: Belongings) -> None:
    own = left_behind
    assert [repr(thing) for thing in vars(own).values()]
    assert own.beat.stats().pulses == 0 and own.beat.name == "belongs" and not own.beat.closed
    assert own.monitor.stats().watched == 0 and own.monitor.status == "starting" and not own.monitor.closed
    assert own.worker.state == "new" and own.ended.state == "returned" and own.task.done
    assert own.channel.stats().len == 0 and not own.func_timer.active


def test_what_was_made_outside_and_runs_threads_is_refused_inside() -> None:
    worker, monitor = Worker(lambda ctx: None, name="outside"), Monitor()
    with virtual_time():
        with pytest.raises(Error, match="made in real time"):
            worker.start()
        with pytest.raises(Error, match="made in real time"):
            monitor.start()
    worker.start().join()
    assert monitor.start().close()
