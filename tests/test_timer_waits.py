"""Timers that are moved, stopped and shared while somebody waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import Channel, Selector, Task, Ticker, Timer, after, go, nil, now, select, tick
from heartbeat.testing import virtual_time
from support import QUIET, SOON, wait_for_receivers, wait_until

ROUNDING = 1e-6

Receive = Callable[[Any, Channel[Any]], Any]
RECEIVES: dict[str, Receive] = {
    "select": lambda timer, channel: select(channel, timer).value,
    "select with others": lambda timer, channel: select(after(1000), channel, timer, tick(1000), nil).value,
    "selector": lambda timer, channel: Selector([timer, channel]).select().value,
    "with a deadline": lambda timer, channel: select(timer, channel, timeout=1000).value,
}
receives = pytest.mark.parametrize("receive", RECEIVES.values(), ids=RECEIVES.keys())


def waiting(receive: Receive, timer: Timer | Ticker) -> tuple[Task, Channel[Any]]:
    """A task that waits for the timer and the channel, and the channel."""
    channel: Channel[Any] = Channel()
    task = go(receive, timer, channel)
    wait_for_receivers(channel)
    return task, channel


def moved_in_time(
    receive: Receive, make: Callable[[float], Any], move: Callable[[Any], object]
) -> tuple[Any, Task]:
    """A timer and a task that waits for it; the timer was moved before it was due.

    On a loaded machine it may be due before the task waits: then it is tried with more time.
    """
    for delay in (0.03, 0.3, 3.0, SOON):
        timer, channel = make(delay), Channel[Any]()
        due, task = timer.due, go(receive, timer, channel)
        wait_until(lambda: channel.stats().waiting_receivers or task.done)
        move(timer)
        if now() < due:
            return timer, task
        channel.close()
    raise AssertionError("the machine is too slow to tell")


def does_not_end(task: Task) -> bool:
    with pytest.raises(TimeoutError):
        task.join(QUIET)
    return True


@receives
@pytest.mark.parametrize("make", [Timer, Ticker])
def test_moved_earlier(receive: Receive, make: Any) -> None:
    for first in (1000, float("inf")):
        timer = make(first)
        task, channel = waiting(receive, timer)
        begun = now()
        assert timer.reset(0.01) in (first == 1000, None)
        assert begun + 0.01 <= task.result(SOON) + ROUNDING < begun + SOON
        assert channel.stats().waiting_receivers == 0


@receives
@pytest.mark.parametrize("make", [Timer, Ticker])
def test_moved_later(receive: Receive, make: Any) -> None:
    timer, task = moved_in_time(receive, make, lambda timer: timer.reset(1000))
    assert does_not_end(task)
    begun = now()
    timer.reset(0.02)
    assert begun + 0.02 <= task.result(SOON) + ROUNDING


@receives
@pytest.mark.parametrize("make", [Timer, Ticker])
def test_stopped_and_armed_again(receive: Receive, make: Any) -> None:
    timer, task = moved_in_time(receive, make, lambda timer: timer.stop())
    assert does_not_end(task)
    timer.reset(0.001)
    assert task.result(SOON) <= now() + ROUNDING


@receives
def test_a_value_comes_before_the_timer(receive: Receive) -> None:
    timer = Timer(1000)
    task, channel = waiting(receive, timer)
    channel.send("value")
    assert task.result(SOON) == "value" and timer.active


def test_moving_keeps_places_in_other_queues() -> None:
    channel, timer = Channel[str](), Timer(1000)
    first = go(lambda: select(channel, timer).value)
    wait_for_receivers(channel)
    second = go(channel.recv)
    wait_for_receivers(channel, 2)
    timer.reset(500)
    wait_for_receivers(channel, 2)
    channel.send_many(["first", "second"])
    assert (first.result(SOON), second.result(SOON)) == ("first", "second")


@receives
def test_moving_leaves_nobody_out_of_the_other_queues(receive: Receive) -> None:
    timer = Timer(1000)
    task, channel = waiting(receive, timer)
    later = go(channel.recv)
    wait_for_receivers(channel, 2)
    for delay in (500, 300, 100):
        timer.reset(delay)
        assert channel.stats().waiting_receivers == 2
    assert channel.try_send("first") and channel.try_send("second")
    assert (task.result(SOON), later.result(SOON)) == ("first", "second")


def test_a_timer_that_is_moved_all_the_time() -> None:
    timer, channel = Timer(1000), Channel[int]()
    task = go(lambda: select(timer, channel).value)
    for number in range(300):
        timer.reset(1000 - number)
    assert does_not_end(task)
    timer.reset(0)
    assert task.result(SOON) <= now() + ROUNDING


def queue_up(channel: Channel[Any], calls: list[Callable[[], Any]]) -> list[Task]:
    """Begin the calls, each of which waits for the channel too, one after another."""
    tasks = []
    for number, call in enumerate(calls):
        tasks.append(go(call))
        wait_for_receivers(channel, number + 1)
    return tasks


def test_ticks_go_to_those_who_wait_longest() -> None:
    ticker, channel = Ticker(1000), Channel[Any]()
    tasks = queue_up(channel, [lambda: select(ticker, channel).value] * 4)
    ticker.reset(0.02)
    dues = [task.result(SOON) for task in tasks]
    assert dues == sorted(dues) and len(set(dues)) == 4


def test_a_timer_goes_to_who_waits_longest_alone() -> None:
    timer, channel = Timer(1000), Channel[Any]()
    first, second, third = queue_up(channel, [lambda: select(timer, channel).value] * 3)
    timer.reset(0.01)
    assert first.result(SOON) <= now()
    assert does_not_end(second) and not third.done
    timer.reset(0.01)
    assert second.result(SOON) <= now() and not third.done
    channel.send("over")
    assert third.result(SOON) == "over"


def test_set_to_the_past_it_goes_to_who_waits_longest() -> None:
    timer, channel = Timer(1000), Channel[Any]()
    first, second = queue_up(channel, [lambda: select(timer, channel).value] * 2)
    timer.reset(0)
    channel.send("over")
    assert first.result(SOON) <= now() + ROUNDING and second.result(SOON) == "over"


def gave_up_first(period: float) -> bool:
    """Whether the first of two gave up before the tick; the tick is then for the second."""
    ticker, channel = Ticker(period), Channel[Any]()
    due = ticker.due
    first = go(select, ticker, channel, timeout=0.01)
    second = go(ticker.recv)
    try:
        first.result(SOON)
    except TimeoutError:
        assert second.result(SOON) >= due
        return True
    return False


def test_who_gave_up_leaves_the_tick_to_the_next() -> None:
    """A thread may be held up for longer than the shortest period."""
    assert any(gave_up_first(period) for period in (0.2, 1.0, 5.0))


def test_who_gave_up_leaves_the_tick_to_the_next_on_virtual_time() -> None:
    with virtual_time():
        assert gave_up_first(0.2)


def test_a_poll_does_not_take_what_others_wait_for() -> None:
    ticker, channel = Ticker(0.002), Channel[Any]()
    received = Channel[float](None)

    def receive() -> None:
        while (selected := select(ticker, channel)).ok:
            received.send(selected.value)

    task = go(receive)
    polled = []
    wait_until(lambda: polled.append(ticker.try_recv()) or len(received) > 20)
    channel.close()
    task.result(SOON)
    dues = sorted([*received.recv_many(10**6), *filter(None, polled)])
    assert len(set(dues)) == len(dues)


def test_many_wait_for_one_ticker() -> None:
    ticker, stop = Ticker(0.001), Channel[None]()

    def receive() -> list[float]:
        dues = []
        while (selected := select(ticker, stop)).ok:
            dues.append(selected.value)
        return dues

    first = ticker.due
    tasks = [go(receive) for _ in range(8)]
    stall_until = now() + 0.1
    with pytest.raises(TimeoutError):
        nil.recv(deadline=stall_until)
    stop.close()
    dues = sorted(due for task in tasks for due in task.result(SOON))
    ticker.stop()
    assert len(dues) == len(set(dues)) and dues[0] == first
    passed = round((dues[-1] - first) / 0.001) + 1
    assert len(dues) <= passed <= len(dues) + ticker.missed
