"""select(): exactly one case happens, each ready one with the same chance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import (
    Channel,
    Closed,
    Selected,
    Selector,
    after,
    go,
    nil,
    now,
    recv,
    seed,
    select,
    send,
    try_select,
)
from support import QUIET, SOON, wait_for_receivers, wait_for_senders


def filled(*values: Any) -> Channel[Any]:
    channel: Channel[Any] = Channel(len(values))
    channel.send_many(values)
    return channel


def closed(cause: Any = None) -> Channel[Any]:
    channel: Channel[Any] = Channel()
    channel.close(cause)
    return channel


# ---- outcomes ----


def test_what_a_select_comes_to() -> None:
    source, target, ended = filled("a"), Channel[Any](1), closed()
    for cases, outcome in (
        ((nil, source), (1, "a", True)),
        ((None, send(target, "b")), (1, None, True)),
        ((target, nil), (0, "b", True)),
        ((None, None, recv(ended)), (2, None, False)),
    ):
        selected = select(*cases)
        assert isinstance(selected, Selected) and selected == outcome and len(selected) == 3
        assert (selected.index, selected.value, selected.ok) == outcome
        assert selected.source in (source, target, ended)
    match select(filled(5)):
        case Selected(index=0, value=5, ok=True):
            pass
        case other:
            pytest.fail(repr(other))


def test_no_case_that_can_happen() -> None:
    for cases in ((), (None,), (nil, send(nil, 1)), (Channel(), send(Channel(), 1)), [None] * 1000):
        assert try_select(*cases) is None
        begun = now()
        for waiting in ({"timeout": 0}, {"timeout": 0.01}, {"deadline": now() + 0.02}, {"deadline": 0}):
            with pytest.raises(TimeoutError):
                select(*cases, **waiting)
        assert 0.02 <= now() - begun < SOON


def test_the_first_ready_one_if_biased() -> None:
    source = filled(*range(10))
    for index in (1, 2, 3):
        cases = [nil] * index + [source, closed(), source]
        assert {select(*cases, biased=True).index for _ in range(3)} == {index}
    assert try_select(Channel(), closed(), closed(), biased=True) == (1, None, False)
    assert select(closed(), send(source, 1), biased=1).index == 0


def test_a_send_case_on_a_closed_channel_raises_when_it_is_chosen() -> None:
    ended = closed("over")
    for call in (select, try_select, lambda case: Selector([case]).select()):
        with pytest.raises(Closed) as caught:
            call(send(ended, 1))
        assert caught.value.cause == "over"
    outcomes = Counter()
    for _ in range(200):
        try:
            outcomes[select(send(ended, 1), filled("value")).value] += 1
        except Closed:
            outcomes["closed"] += 1
    assert outcomes["value"] > 20 and outcomes["closed"] > 20  # 100 each; 11 standard deviations off


def test_cases_can_be_used_again() -> None:
    target = Channel[Any](3)
    values: list[int] = []
    case, source = send(target, values), recv(target)
    for number in range(3):
        values.append(number)
        assert select(case).ok
    assert [select(source).value for _ in range(3)] == [[0, 1, 2]] * 3
    assert (case.source, case.value, source.source, source.value) == (target, values, target, None)


def test_typed_channels() -> None:
    whole, real = Channel[int](1, dtype="q"), Channel[float](1, dtype="d")
    assert [select(send(whole, 5), nil).ok, select(send(real, 5), nil).ok] == [True, True]
    assert {type(select(whole).value), type(select(real).value)} == {int, float}


# ---- waiting ----


def test_every_case_can_wake() -> None:
    for woken in range(12):
        channels = [Channel[Any]() for _ in range(12)]
        cases = [channel if number % 2 else send(channel, number) for number, channel in enumerate(channels)]
        task = go(select, *cases)
        wait_for_receivers(channels[11]), wait_for_senders(channels[10])
        if woken % 2:
            channels[woken].send("value")
            assert task.result() == (woken, "value", True)
        else:
            assert channels[woken].recv() == woken
            assert task.result() == (woken, None, True)
        assert not any(stats.waiting_receivers or stats.waiting_senders
                       for stats in (channel.stats() for channel in channels))


def test_the_same_channel_in_several_cases() -> None:
    channel = Channel[Any]()
    task = go(select, channel, send(channel, "own"), recv(channel), channel, nil)
    wait_for_receivers(channel)
    assert (channel.stats().waiting_receivers, channel.stats().waiting_senders) == (1, 1)
    assert channel.try_send("value")
    assert task.result()[1:] == ("value", True)
    task = go(select, channel, send(channel, "own"), send(channel, "own"))
    wait_for_senders(channel)
    assert channel.recv() == "own" and task.result().index in (1, 2)
    with pytest.raises(TimeoutError):  # it does not meet itself
        select(channel, send(channel, "own"), timeout=QUIET)
    assert channel.stats()[:7] == (0, 0, False, 2, 2, 0, 0)


def test_two_selects_meet() -> None:
    one, other = Channel[Any](), Channel[Any]()
    task = go(select, one, send(other, "from the task"), nil)
    wait_for_receivers(one), wait_for_senders(other)
    assert select(send(other, "never"), send(one, "from here"), biased=True).index == 1
    assert task.result() == (0, "from here", True)
    task = go(select, one, send(other, "from the task"))
    wait_for_receivers(one)
    assert select(other, nil).value == "from the task" and task.result().index == 1


def test_the_most_cases() -> None:
    channels = [Channel[Any]() for _ in range(256)]
    cases = [send(channel, 1) if number % 3 else channel for number, channel in enumerate(channels)] * 256
    assert len(cases) == 65_536 and try_select(*cases) is None
    with pytest.raises(TimeoutError):
        select(*cases, timeout=0.01)
    task = go(select, *cases)
    wait_for_receivers(channels[255])
    channels[255].send("value")
    selected = task.result()
    assert selected.index % 256 == 255 and selected.value == "value"
    assert all(channel.stats()[5:7] == (0, 0) for channel in channels)


def test_a_deadline_among_timers() -> None:
    begun = now()
    assert select(nil, after(0.01), after(1000), timeout=1000).index == 1
    with pytest.raises(TimeoutError):
        select(nil, after(1000), timeout=0.01)
    assert 0.02 <= now() - begun < SOON


# ---- chance ----


def limit(classes: int) -> float:
    """What chi-squared exceeds less than once in 10^9 times (Wilson and Hilferty, 6.5 sigma)."""
    freedom = classes - 1
    return freedom * (1 - 2 / (9 * freedom) + 6.5 * math.sqrt(2 / (9 * freedom))) ** 3


def chi_squared(counts: Counter[int], classes: int) -> float:
    expected = counts.total() / classes
    return sum((counts[number] - expected) ** 2 for number in range(classes)) / expected


def choosing(kind: str) -> tuple[Callable[[], Any], int]:
    """Something that chooses, and among how many."""
    endless = closed()
    room = [Channel[Any](None) for _ in range(3)]
    if kind == "receives":
        return lambda: select(*[endless] * 5), 5
    if kind == "beside what is never ready":
        return lambda: select(endless, None, nil, endless, Channel(), endless), 6
    if kind == "sends and receives":
        return lambda: select(endless, *[send(one, 1) for one in room], after(0), endless), 6
    if kind == "many":
        return lambda: try_select(*[endless] * 100), 100
    selector = Selector([endless, *[send(one, 1) for one in room], endless])
    return selector.select if kind == "selector" else selector.try_select, 5


@pytest.mark.parametrize("kind", ["receives", "sends and receives", "many", "selector", "selector, trying"])
@pytest.mark.parametrize("start", [1, None])
def test_chance_is_even(kind: str, start: int | None) -> None:
    choose, classes = choosing(kind)
    seed(start)
    counts = Counter(choose().index for _ in range(100 * classes + 2000))
    assert chi_squared(counts, classes) < limit(classes), counts


def test_chance_is_even_among_the_ready_ones() -> None:
    seed(2)
    choose, _ = choosing("beside what is never ready")
    place = {0: 0, 3: 1, 5: 2}
    counts = Counter(place[choose().index] for _ in range(3000))
    assert chi_squared(counts, 3) < limit(3), counts


def test_a_seed_repeats_the_choices_of_its_thread() -> None:
    def choices(start: int | None) -> list[int]:
        seed(start)
        return [select(*[endless] * 10).index for _ in range(50)]

    endless = closed()
    repeated = choices(7)
    assert choices(7) == repeated == go(choices, 7).result()
    seed(7)
    assert go(choices, 8).result() != repeated
    assert [select(*[endless] * 10).index for _ in range(50)] == repeated  # whatever others seeded
    assert choices(2**64 + 7) == repeated != choices(-7)
    assert choices(None) != choices(None)
