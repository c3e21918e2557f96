"""crossbeam-channel tests/tick.rs: tickers.

A tick's value is the instant it was due. Ticks keep their phase, so the one after a receive is the
first multiple of the period behind it; crossbeam restarts the period at the receive instead.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest

from crossbeam_helpers import LIMIT, assert_fair, assert_times_out, is_empty, scope
from heartbeat import Selected, Selector, Ticker, after, now, select, sleep, tick, try_select

FAR = 3600.0
THREADS = 4


class Receipt(NamedTuple):
    """A tick, with the time just before and just after it was received."""

    before: float
    value: float
    after: float


def _receive(ticker: Ticker) -> Receipt:
    before = now()
    value = ticker.recv(timeout=LIMIT)
    return Receipt(before, value, now())


def _periods(earlier: float, later: float, period: float) -> int:
    """How many whole periods lie between two ticks; they must be whole."""
    count = round((later - earlier) / period)
    assert later - earlier == pytest.approx(count * period, abs=1e-6)
    return count


def _tick(selected: Selected[float | None]) -> tuple[int, float]:
    assert selected.value is not None
    return selected.index, selected.value


def _assert_next(receipt: Receipt, value: float, period: float) -> None:
    """The tick is the first one after the receipt: nothing stale, nothing skipped."""
    assert _periods(receipt.value, value, period) >= 1
    assert receipt.before < value <= receipt.after + period


def test_tick_fire() -> None:
    """Received late, the first tick still names the instant it was due."""
    start = now()
    ticker = tick(0.05)
    created = now()
    sleep(0.12)
    first = _receive(ticker)
    assert start + 0.05 <= first.value <= created + 0.05
    assert first.after - first.value >= 0.05
    second = _receive(ticker)
    _assert_next(first, second.value, 0.05)
    assert select(ticker, tick(FAR)).index == 0


def test_tick_fire_once() -> None:
    """However many ticks went by, only one of them is kept."""
    ticker = tick(0.2)
    sleep(0.45)
    before = now()
    first = try_select(ticker)
    assert first is not None
    second = try_select(ticker)
    assert second is None or _tick(second)[1] > before


def test_tick_intervals() -> None:
    """The phase survives a receiver that was away; the ticks it missed are counted."""
    start = now()
    ticker = tick(0.05)
    first = _receive(ticker)
    assert first.value >= start + 0.05
    sleep(0.3)
    second = _receive(ticker)
    _assert_next(first, second.value, 0.05)
    third = _receive(ticker)
    _assert_next(second, third.value, 0.05)
    assert third.value - second.value >= 0.2
    assert ticker.missed >= _periods(first.value, third.value, 0.05) - 2


def test_tick_len_empty_full() -> None:
    """Empty, then one tick to take however long one waits, then empty again."""
    ticker = tick(FAR)
    assert is_empty(ticker)
    ticker.reset(0.2)
    sleep(0.5)
    taken = now()
    assert not is_empty(ticker)
    extra = ticker.try_recv()
    assert extra is None or extra > taken


def test_tick_try_recv() -> None:
    """One period later there is a tick, again and again."""
    ticker = tick(0.05)
    ticks = []
    for _ in range(3):
        sleep(0.05)
        value = ticker.try_recv()
        assert value is not None
        ticks.append(value)
    assert _periods(ticks[0], ticks[1], 0.05) >= 1
    assert _periods(ticks[1], ticks[2], 0.05) >= 1


def test_tick_recv() -> None:
    start = now()
    ticker = tick(0.05)
    created = now()
    first = _receive(ticker)
    assert start + 0.05 <= first.value <= created + 0.05
    assert first.value <= first.after
    extra = ticker.try_recv()
    assert extra is None or extra > first.before


def test_tick_recv_timeout() -> None:
    """Waits that end between two ticks change nothing."""
    start = now()
    ticker = tick(0.4)
    assert_times_out(ticker.recv)
    first = _receive(ticker)
    assert first.value >= start + 0.4
    assert_times_out(ticker.recv)
    second = _receive(ticker)
    _assert_next(first, second.value, 0.4)


def test_tick_recv_two() -> None:
    """Two threads share two tickers: no tick goes to both."""
    tickers = [tick(0.02), tick(0.02)]

    def receive() -> list[tuple[int, float]]:
        return [_tick(select(*tickers)) for _ in range(10)]

    with scope() as spawn:
        tasks = [spawn(receive) for _ in range(2)]
    ticks = [pair for task in tasks for pair in task.result()]
    assert len(ticks) == len(set(ticks)) == 20
    for index in range(2):
        values = sorted(value for where, value in ticks if where == index)
        assert all(_periods(a, b, 0.02) >= 1 for a, b in pairwise(values))


def test_tick_recv_race() -> None:
    assert select(tick(0.05), tick(FAR)).index == 0
    assert select(tick(FAR), tick(0.05)).index == 1


def test_tick_stress_default() -> None:
    """The shortest period has a tick ready at the first look (crossbeam allows period 0)."""
    for _ in range(10):
        selected = try_select(tick(1e-9))
        assert selected is not None
        assert selected.ok
    for _ in range(10):
        assert try_select(tick(FAR)) is None


def _assert_shared(ticks: list[tuple[int, float]], tickers: list[Ticker]) -> None:
    """Each tick was received at most once, in phase, and none was lost without being counted."""
    assert len(ticks) == len(set(ticks))
    for index, ticker in enumerate(tickers):
        values = sorted(value for where, value in ticks if where == index)
        assert all(_periods(a, b, ticker.period) >= 1 for a, b in pairwise(values))
        elapsed = _periods(values[0], values[-1], ticker.period) + 1
        assert elapsed - len(values) <= ticker.missed


def test_tick_select() -> None:
    """Four threads share two tickers of different periods for a while."""
    tickers = [tick(0.1), tick(0.15)]

    def receive() -> list[tuple[int, float]]:
        end = after(0.6)
        taken = []
        while (selected := select(*tickers, end)).index < 2:
            taken.append(_tick(selected))
        return taken

    with scope() as spawn:
        tasks = [spawn(receive) for _ in range(THREADS)]
    _assert_shared([pair for task in tasks for pair in task.result()], tickers)


def test_tick_ready() -> None:
    """The same through one kept selector for each thread."""
    tickers = [tick(0.1), tick(0.15)]

    def receive() -> list[tuple[int, float]]:
        selector = Selector(tickers)
        end = selector.add(after(0.6))
        taken = []
        while (selected := selector.select()).index != end:
            taken.append(_tick(selected))
        return taken

    with scope() as spawn:
        tasks = [spawn(receive) for _ in range(THREADS)]
    _assert_shared([pair for task in tasks for pair in task.result()], tickers)


def test_tick_fairness() -> None:
    hits = [0, 0]
    for _ in range(20):
        tickers = [tick(0.001), tick(0.001)]
        for _ in range(20):
            hits[select(*tickers).index] += 1
    assert_fair(hits, 400)


def test_tick_fairness_duplicates() -> None:
    hits = [0] * 5
    for _ in range(20):
        ticker = tick(0.001)
        for _ in range(50):
            hits[select(*[ticker] * 5).index] += 1
    assert_fair(hits, 1000)
