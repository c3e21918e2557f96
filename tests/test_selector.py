"""Selector: select() over cases that stay, told apart by their keys."""

from __future__ import annotations

import weakref
from collections import Counter
from typing import Any

import pytest

from heartbeat import (
    Channel,
    Closed,
    Selector,
    Ticker,
    Timer,
    after,
    after_func,
    go,
    nil,
    now,
    recv,
    send,
    tick,
)
from support import SOON, wait_for_receivers, wait_for_senders, wait_until

# ---- cases and keys ----


def test_cases_have_keys() -> None:
    one, other, target = Channel[str](1), Channel[str](1), Channel[str](1)
    selector = Selector([one, None, recv(other), send(target, "sent")])
    assert len(selector) == 4 and repr(selector).count("4") == 1
    other.send("value")
    picked = {selector.select().index for _ in range(2)}
    assert picked == {2, 3} and selector.try_select() is None
    assert selector.add(target) == 4
    selected = selector.select()
    assert selected == (4, "sent", True) and selected.source is target
    for key in (0, 1, 3):
        selector.remove(key)
    assert len(selector) == 2 and selector.add(one) == 5 and len(selector) == 3


def test_keys_are_never_used_again() -> None:
    selector = Selector()
    keys = []
    for _ in range(20):
        keys.append(selector.add(nil))
        selector.remove(keys[-1])
        with pytest.raises(KeyError):
            selector.remove(keys[-1])
    assert keys == list(range(20)) and len(selector) == 0


def test_the_same_case_may_be_there_twice() -> None:
    channel = Channel[int](None)
    selector = Selector(channel for _ in range(3))
    channel.send_many(range(300))
    picked = Counter(selector.select().index for _ in range(200))
    assert set(picked) == {0, 1, 2}
    selector.remove(1)
    assert {selector.select().index for _ in range(100)} == {0, 2}


def test_a_send_case_sends_each_time() -> None:
    channel = Channel[str](2)
    selector = Selector([send(channel, "again")])
    assert selector.select(timeout=0) == selector.select() == (0, None, True)
    with pytest.raises(TimeoutError):
        selector.select(timeout=0.001)
    task = go(selector.select)
    wait_for_senders(channel)
    assert channel.recv() == "again" and task.result() == (0, None, True)


def test_closed_cases() -> None:
    source, target = Channel[int](), Channel[int]()
    selector = Selector([source, nil])
    source.close()
    assert selector.select() == selector.select() == (0, None, False)
    selector.remove(0)
    assert selector.try_select() is None
    key = selector.add(send(target, 1))
    target.close("over")
    for call in (selector.select, selector.try_select):
        with pytest.raises(Closed) as caught:
            call()
        assert caught.value.cause == "over"
    selector.remove(key)
    assert selector.try_select() is None


def test_nothing_to_wait_for() -> None:
    never = after_func(1000, int)
    for cases in ((), [None], (nil, send(nil, 1), never)):
        selector = Selector(cases)
        assert selector.try_select() is None and selector.try_select(biased=True) is None
        begun = now()
        for waiting in ({"timeout": 0.01}, {"deadline": now() + 0.02}, {"timeout": 0}):
            with pytest.raises(TimeoutError):
                selector.select(**waiting)
        assert 0.02 <= now() - begun < SOON
    assert never.stop()


def test_the_oldest_ready_case_if_biased() -> None:
    channels = [Channel[int](None) for _ in range(5)]
    selector = Selector(channels)
    for number in (3, 1, 4):
        channels[number].send_many([number] * 2)
    assert [selector.select(biased=True).index for _ in range(6)] == [1, 1, 3, 3, 4, 4]
    channels[2].send(2)
    channels[0].send(0)
    assert selector.try_select(biased=True) == (0, 0, True)
    assert selector.try_select(biased=True) == (2, 2, True)


def test_a_removed_case_is_released() -> None:
    class Item:
        pass

    item = Item()
    watch = weakref.ref(item)
    selector = Selector([send(Channel[Any](), item), nil])
    del item
    assert watch() and selector.try_select() is None
    selector.remove(0)
    assert watch() is None


def test_the_most_cases() -> None:
    selector = Selector([nil] * 65_534)
    channel = Channel[int](1)
    key = selector.add(channel)
    assert selector.add(None) == 65_535 and len(selector) == 65_536
    with pytest.raises(ValueError, match="65536"):
        selector.add(nil)
    task = go(selector.select)
    wait_for_receivers(channel)
    channel.send(5)
    assert task.result() == (key, 5, True)
    selector.remove(0)
    assert selector.add(nil) == 65_536


def test_threads_that_add_at_once_do_not_pass_the_limit() -> None:
    selector = Selector([nil] * 65_500)

    def add() -> int:
        added = 0
        while True:
            try:
                selector.add(nil)
                added += 1
            except ValueError:
                return added

    assert sum(task.result(SOON) for task in [go(add) for _ in range(4)]) == 36
    assert len(selector) == 65_536 and selector.try_select() is None


# ---- time ----


def test_timers() -> None:
    begun = now()
    selector = Selector([nil, after(0.02), Timer(1000)])
    assert selector.try_select() is None
    key, due, ok = selector.select()
    assert (key, ok) == (1, True) and begun + 0.02 <= due + 1e-6 <= now() + 1e-6
    assert selector.try_select() is None


def test_a_ticker_beside_what_is_busy() -> None:
    ticker, busy = tick(0.002), Channel[int]()
    busy.close()
    selector = Selector([ticker, busy])
    picked = Counter[int]()
    while picked[0] < 5:
        picked[selector.select().index] += 1
    assert picked[1] > 0


def test_a_timer_that_is_moved() -> None:
    timer, channel = Timer(1000), Channel[int]()
    selector = Selector([channel, timer])
    assert selector.try_select() is None
    timer.reset(0.001)
    assert selector.select().source is timer
    timer.reset(0.001)
    assert selector.select().source is timer
    timer.reset(0)
    timer.stop()
    with pytest.raises(TimeoutError):
        selector.select(timeout=0.005)
    task = go(selector.select)
    wait_for_receivers(channel)
    timer.reset(0.001)
    assert task.result().source is timer


def test_a_tick_that_another_took() -> None:
    ticker = Ticker(0.005)
    selector = Selector([ticker])
    for _ in range(3):
        first = ticker.recv()
        assert selector.select().value > first


def test_tasks() -> None:
    channel = Channel[int]()
    task = go(channel.recv)
    selector = Selector([task, nil])
    assert selector.try_select() is None
    waiting = go(selector.select)
    channel.send(1)
    assert waiting.result() == selector.select() == (0, None, False)


# ---- threads ----


def test_threads_share_a_selector() -> None:
    channels = [Channel[int](capacity) for capacity in (0, 1, 2, 0)]
    out = Channel[int](None)
    selector = Selector([*channels, send(out, -1)])
    stop = Channel[None]()
    selector.add(stop)

    def work() -> list[int]:
        received = []
        while (selected := selector.select()).source is not stop:
            if selected.value is not None:
                received.append(selected.value)
        return received

    workers = [go(work) for _ in range(3)]
    senders = [go(channel.send_many, range(50)) for channel in channels]
    assert [sender.result(SOON) for sender in senders] == [50] * 4
    wait_until(lambda: not any(map(len, channels)))
    stop.close()
    received = [value for worker in workers for value in worker.result(SOON)]
    assert sorted(received) == sorted([*range(50)] * 4)
    assert set(out.recv_many(len(out) + 1)) <= {-1}


def test_cases_come_and_go_while_a_thread_waits() -> None:
    waited, added, stop = Channel[int](), Channel[int](), Channel[None]()
    selector = Selector([waited, stop])
    task = go(selector.select)
    wait_for_receivers(waited)
    key = selector.add(added)
    selector.remove(0)
    waited.send(1)  # it counts until the wait has ended
    assert task.result() == (0, 1, True)
    task = go(selector.select)
    wait_for_receivers(added)
    assert waited.stats().waiting_receivers == 0
    added.send(2)
    assert task.result() == (key, 2, True)


def test_cases_come_and_go_beside_busy_threads() -> None:
    stop, done = Channel[None](), Channel[int](None)
    selector = Selector([stop])

    def work() -> None:
        while not stop.closed:
            try:
                selected = selector.select(timeout=1e-3)  # then it sees what has been added
            except TimeoutError:
                continue
            if selected.ok:
                done.send(selected.value)

    def change(who: int) -> None:
        for number in range(60):
            channel = Channel[int]()
            keys = [selector.add(channel), selector.add(after(1000)), selector.add(channel)]
            channel.send(100 * who + number, timeout=SOON)
            channel.close()
            for key in keys:
                selector.remove(key)

    workers = [go(work) for _ in range(2)]
    changers = [go(change, who) for who in range(3)]
    for changer in changers:
        changer.result(SOON)
    stop.close()
    for worker in workers:
        worker.result(SOON)
    assert sorted(done.recv_many(1000)) == [100 * who + number for who in range(3) for number in range(60)]
    assert len(selector) == 1
