"""Bad input is refused with an exception that names the argument, before anything changes."""

from __future__ import annotations

import datetime
import decimal
import fractions
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from heartbeat import (
    Channel,
    Error,
    Heartbeat,
    Selector,
    Ticker,
    Timer,
    Watchdog,
    Worker,
    after,
    after_func,
    go,
    nil,
    now,
    recv,
    seed,
    select,
    send,
    sleep,
    tick,
    try_select,
)
from support import SOON

NAN, INF = float("nan"), float("inf")
Call = Callable[..., Any]


class Unfloatable:
    def __float__(self) -> float:
        raise LookupError("by __float__")


class Unindexable:
    def __index__(self) -> int:
        raise LookupError("by __index__")


class Recursive(list[Any]):
    """Unhashable, and contains itself."""

    def __init__(self) -> None:
        self.append(self)


BAD_SECONDS = [
    ("soon", TypeError, "seconds"), (b"1", TypeError, "seconds"), ([1], TypeError, "seconds"),
    (1j, TypeError, "seconds"), (..., TypeError, "seconds"), (Recursive(), TypeError, "seconds"),
    (datetime.datetime(2026, 1, 1), TypeError, "seconds"), (float, TypeError, "seconds"),
    (-1, ValueError, "negative"), (-1e-9, ValueError, "negative"), (-INF, ValueError, "negative"),
    (-(10**400), ValueError, "negative"), (datetime.timedelta(-1), ValueError, "negative"),
    (NAN, ValueError, "NaN"), (decimal.Decimal("nan"), ValueError, "NaN"),
    (1e10, OverflowError, "clock"), (2**63, OverflowError, "clock"), (10**400, OverflowError, "clock"),
    (datetime.timedelta.max, OverflowError, "clock"), (fractions.Fraction(10**400), OverflowError, "clock"),
]

channel: Channel[Any] = Channel()
timer, ticker, func_timer = Timer(INF), Ticker(1e9), after_func(INF, int)
selector = Selector([channel])
watchdog = Watchdog(1e9)
beat = Heartbeat("beat")
worker = Worker(int, name="worker")
running = Worker(lambda ctx: ctx.sleep(INF))
task = go(nil.recv, timeout=0.001)
task.join()
assert task.exception


@pytest.fixture(scope="module", autouse=True)
def while_one_runs() -> Iterator[None]:
    with running:
        yield


TIMED: list[Call] = [
    channel.recv, lambda **waiting: channel.send(1, **waiting),
    lambda **waiting: channel.recv_many(3, **waiting),
    lambda **waiting: channel.send_many([1, 2], **waiting), timer.recv, ticker.recv, func_timer.recv,
    watchdog.recv,
    task.recv, task.join, task.result, nil.recv, select, lambda **waiting: select(channel, **waiting),
    selector.select, beat.recv, beat.pulses.recv, worker.recv, worker.results.recv, worker.pulses.recv,
    running.join,
]
DELAYED: list[Call] = [sleep, after, Timer, tick, Ticker, timer.reset, ticker.reset, func_timer.reset,
                       lambda d: after_func(d, int)]


@pytest.mark.parametrize(("bad", "error", "match"), BAD_SECONDS, ids=repr)
def test_seconds_of_a_heartbeat(bad: Any, error: type[Exception], match: str) -> None:
    for name in "interval", "timeout":
        with pytest.raises(error, match=f"{name} .*{match}"):
            Heartbeat(**{name: bad})
        with pytest.raises(error, match=f"{name} .*{match}"):
            Worker(int, **{name: bad})
    with pytest.raises(error, match=f"timeout .*{match}"):
        beat.unit(timeout=bad)
    with pytest.raises(error, match=f"max .*{match}"):
        beat.pause(bad)


@pytest.mark.parametrize(("bad", "error", "match"), BAD_SECONDS, ids=repr)
def test_seconds(bad: Any, error: type[Exception], match: str) -> None:
    before = channel.stats(), timer.due, ticker.due, ticker.period, func_timer.due
    for call in TIMED:
        for name in "timeout", "deadline":
            with pytest.raises(error, match=f"{name} .*{match}"):
                call(**{name: bad})
    for call in DELAYED:
        with pytest.raises(error, match=f"d .*{match}"):
            call(bad)
    assert before == (channel.stats(), timer.due, ticker.due, ticker.period, func_timer.due)


@pytest.mark.parametrize("good", [0, 1e-3, False, datetime.timedelta(milliseconds=1),
                                  decimal.Decimal("0.001"), fractions.Fraction(1, 1000), 5e-324])
def test_seconds_of_many_kinds(good: Any) -> None:
    full: Channel[int] = Channel(1)
    full.send(1)
    begun = now()
    with pytest.raises(TimeoutError):
        full.send(2, timeout=good)
    with pytest.raises(TimeoutError):
        select(nil, deadline=good)
    due = after(good).recv()
    least = good.total_seconds() if isinstance(good, datetime.timedelta) else float(good)
    assert begun + least <= due + 1e-6 <= now() + 1e-6 < begun + SOON


def test_whole_seconds() -> None:
    for one in (1, True, 1.0, datetime.timedelta(seconds=1)):
        begun = now()
        assert begun + 1 <= after(one).due + 1e-6 <= now() + 1 + 1e-6


def test_what_a_number_raises_comes_out() -> None:
    for call in TIMED:
        with pytest.raises(LookupError, match="by __float__"):
            call(timeout=Unfloatable())
    for delayed in DELAYED:
        with pytest.raises(LookupError, match="by __float__"):
            delayed(Unfloatable())
    for make in (lambda: Channel(Unindexable()), lambda: Channel(dtype="q").send(Unindexable()),
                 lambda: channel.recv_many(Unindexable()), lambda: Channel(dtype="d").send(Unfloatable())):
        with pytest.raises(LookupError, match="by __"):
            make()


def test_timeout_or_deadline() -> None:
    for call in TIMED:
        with pytest.raises(TypeError, match="timeout or deadline"):
            call(timeout=1, deadline=1)
        with pytest.raises(TypeError, match="timeout or deadline"):
            call(timeout=0, deadline=0)


def test_a_delay_of_none_means_nothing() -> None:
    for call in DELAYED:
        with pytest.raises(TypeError, match="d .*not None"):
            call(None)


BAD_CALLS: list[tuple[Call, type[Exception], str]] = [
    # Channel
    (lambda: Channel(-1), ValueError, "capacity .*negative"),
    (lambda: Channel(2**63), OverflowError, "capacity"),
    (lambda: Channel(-(2**70)), OverflowError, "capacity"),
    (lambda: Channel(True), TypeError, "capacity .*bool"),
    (lambda: Channel(1.0), TypeError, "capacity .*float"),
    (lambda: Channel("1"), TypeError, "capacity .*str"),
    (lambda: Channel(1, 2), TypeError, "positional argument"),
    (lambda: Channel(size=1), TypeError, "size"),
    (lambda: Channel(1, capacity=1), TypeError, "capacity"),
    (lambda: Channel(dtype="z"), ValueError, "dtype .*'z'"),
    (lambda: Channel(dtype="qd"), ValueError, "dtype"),
    (lambda: Channel(dtype=""), ValueError, "dtype"),
    (lambda: Channel(dtype=b"q"), TypeError, "dtype .*bytes"),
    (lambda: Channel(dtype=int), TypeError, "dtype .*type"),
    (lambda: Channel(name=5), TypeError, "name .*int"),
    (lambda: channel.send(), TypeError, r"send\(\) .*'value'"),
    (lambda: channel.send(1, 2), TypeError, r"send\(\) .*positional"),
    (lambda: channel.send(1, soon=2), TypeError, r"send\(\) .*'soon'"),
    (lambda: channel.send(1, timeout=1, value=1), TypeError, "'value'"),
    (lambda: channel.try_send(), TypeError, "try_send"),
    (lambda: channel.try_send(1, timeout=0), TypeError, "try_send"),
    (lambda: channel.recv(1), TypeError, r"recv\(\) .*positional"),
    (lambda: channel.recv(tiemout=1), TypeError, r"recv\(\) .*'tiemout'"),
    (lambda: channel.try_recv(1, 2), TypeError, "try_recv"),
    (lambda: channel.try_recv(timeout=0), TypeError, "'timeout'"),
    (lambda: channel.recv_many(), TypeError, r"recv_many\(\) .*'max'"),
    (lambda: channel.recv_many(0), ValueError, "max .*at least 1"),
    (lambda: channel.recv_many(-(10**30)), ValueError, "max .*at least 1"),
    (lambda: channel.recv_many(1.5), TypeError, "max .*float"),
    (lambda: channel.recv_many(None), TypeError, "max .*NoneType"),
    (lambda: channel.send_many(), TypeError, r"send_many\(\) .*'values'"),
    (lambda: channel.send_many(5), TypeError, "values .*int"),
    (lambda: channel.send_many([1], [2]), TypeError, "positional"),
    (lambda: channel.close(1, 2), TypeError, r"close\(\)"),
    (lambda: channel.close(reason=1), TypeError, "'reason'"),
    (lambda: channel.stats(1), TypeError, r"stats\(\)"),
    # cases and select
    (lambda: recv(5), TypeError, "source .*int"),
    (lambda: recv(None), TypeError, "source .*NoneType"),
    (lambda: recv(recv(channel)), TypeError, "source .*Recv"),
    (lambda: recv(), TypeError, "recv"),
    (lambda: send(channel), TypeError, "channel and value"),
    (lambda: send(channel, 1, 2), TypeError, "channel and value"),
    (lambda: send(timer, 1), TypeError, "channel .*Timer"),
    (lambda: send(None, 1), TypeError, "channel .*NoneType"),
    (lambda: select(5), TypeError, "case 0 .*int"),
    (lambda: select(channel, None, Recursive()), TypeError, "case 2 .*Recursive"),
    (lambda: select([channel]), TypeError, "case 0 .*list"),
    (lambda: select(channel, selector), TypeError, "case 1 .*Selector"),
    (lambda: select(Channel), TypeError, "case 0 .*type"),
    (lambda: try_select(channel, "x"), TypeError, "case 1 .*str"),
    (lambda: select(channel, default=1), TypeError, r"select\(\) .*'default'"),
    (lambda: try_select(channel, timeout=1), TypeError, r"try_select\(\) .*'timeout'"),
    (lambda: select(*[nil] * 65_537), ValueError, "65536 cases.*65537"),
    (lambda: try_select(*[None] * 65_537), ValueError, "65536 cases"),
    (lambda: Selector(5), TypeError, "cases .*int"),
    (lambda: Selector([channel, 5]), TypeError, "case 1 .*int"),
    (lambda: Selector([], []), TypeError, "Selector"),
    (lambda: Selector([nil] * 65_537), ValueError, "65536 cases"),
    (lambda: selector.add(5), TypeError, "case 1 .*int"),
    (lambda: selector.add(), TypeError, "add"),
    (lambda: selector.remove(5), KeyError, "5"),
    (lambda: selector.remove(-1), KeyError, "-1"),
    (lambda: selector.remove(2**70), KeyError, str(2**70)),
    (lambda: selector.remove("0"), KeyError, "'0'"),
    (lambda: selector.remove(Recursive()), KeyError, r"\[\.\.\.\]"),
    (lambda: selector.select(channel), TypeError, "positional"),
    (lambda: selector.try_select(timeout=1), TypeError, "'timeout'"),
    # time
    (lambda: tick(0), ValueError, "d .*more than 0"),
    (lambda: Ticker(0.0), ValueError, "d .*more than 0"),
    (lambda: ticker.reset(0), ValueError, "d .*more than 0"),
    (lambda: sleep(), TypeError, "sleep"),
    (lambda: sleep(0, 1), TypeError, "sleep"),
    (lambda: sleep(d=1), TypeError, "sleep"),
    (lambda: Timer(), TypeError, "Timer"),
    (lambda: Timer(1, 2), TypeError, "Timer"),
    (lambda: now(1), TypeError, "now"),
    (lambda: timer.stop(1), TypeError, "stop"),
    (lambda: after_func(1), TypeError, "d and fn"),
    (lambda: after_func(1, 2), TypeError, "fn .*int"),
    (lambda: after_func(1, int, 2), TypeError, "d and fn"),
    (lambda: seed("x"), TypeError, "value .*str"),
    (lambda: seed(1.5), TypeError, "value .*float"),
    (lambda: seed(1, 2), TypeError, "seed"),
    # go
    (lambda: go(), TypeError, "fn"),
    (lambda: go(5), TypeError, "fn .*int"),
    (lambda: go(None), TypeError, "fn .*NoneType"),
    (lambda: go(int, name=5), TypeError, "name .*int"),
    (lambda: go(int, name="\ud800"), UnicodeEncodeError, "surrogates"),
    # workers
    (lambda: Worker(), TypeError, "work"),
    (lambda: Worker(int, 1), TypeError, "positional argument"),
    (lambda: Worker(int, period=1), TypeError, "period"),
    (lambda: Worker(5), TypeError, "work .*int"),
    (lambda: Worker(lambda one, two: None), TypeError, "work .*more arguments"),
    (lambda: Worker(int, interval=0), ValueError, "interval .*more than 0, not 0"),
    (lambda: Worker(int, timeout=0.0), ValueError, r"timeout .*more than 0, not 0\.0"),
    (lambda: Worker(int, interval=2, timeout=1), ValueError, r"interval \(2 s\) .*timeout \(1 s\)"),
    (lambda: Worker(int, results=-1), ValueError, "results .*negative"),
    (lambda: Worker(int, results=True), TypeError, "results .*bool"),
    (lambda: Worker(int, results="1"), TypeError, "results .*str"),
    (lambda: Worker(int, results=2**63), OverflowError, "results"),
    (lambda: Worker(int, dtype="z"), ValueError, "dtype .*'z'"),
    (lambda: Worker(int, dtype=int), TypeError, "dtype .*type"),
    (lambda: Worker(int, name=5), TypeError, "name .*int"),
    (lambda: Worker(int, name="\ud800"), UnicodeEncodeError, "surrogates"),
    (lambda: Worker(int, done=5), TypeError, "done .*int"),
    (lambda: Worker(int, done=timer), TypeError, "done .*Timer"),
    (lambda: Worker(int, done=ticker), TypeError, "done .*Ticker"),
    (lambda: Worker(int, done=watchdog), TypeError, "done .*Watchdog"),
    (lambda: Worker(int, done=beat), TypeError, "done .*Heartbeat"),
    (lambda: Worker(int, done=worker), TypeError, "done .*Worker"),
    (lambda: Worker(int, done=recv(channel)), TypeError, "done .*Recv"),
    (lambda: Worker(int, data=5), TypeError, "data"),
    (lambda: worker.start(1), TypeError, "start"),
    (lambda: worker.stop(1), TypeError, "stop"),
    (lambda: worker.join(), Error, "'worker' has not been started"),
    (lambda: worker.join(1, 2), TypeError, "positional"),
    (lambda: running.join(1, timeout=1), TypeError, "'timeout'"),
    (lambda: running.join(1, deadline=1), TypeError, "timeout or deadline"),
    (lambda: running.start(), Error, "started already"),
    # heartbeats
    (lambda: Heartbeat(5), TypeError, "name .*int"),
    (lambda: Heartbeat("x", 1), TypeError, "positional argument"),
    (lambda: Heartbeat(period=1), TypeError, "period"),
    (lambda: Heartbeat("\ud800"), UnicodeEncodeError, "surrogates"),
    (lambda: Heartbeat(interval=0), ValueError, "interval .*more than 0, not 0"),
    (lambda: Heartbeat(timeout=0.0), ValueError, r"timeout .*more than 0, not 0\.0"),
    (lambda: Heartbeat(interval=3, timeout=2), ValueError, "interval .*3.*timeout .*2"),
    (lambda: Heartbeat(keep=2), ValueError, "keep .*0 or 1, not 2"),
    (lambda: Heartbeat(keep=-1), ValueError, "keep .*0 or 1, not -1"),
    (lambda: Heartbeat(keep=10**30), ValueError, "keep .*0 or 1"),
    (lambda: Heartbeat(keep=1.0), TypeError, "keep .*float"),
    (lambda: Heartbeat(keep=None), TypeError, "keep .*NoneType"),
    (lambda: beat.pulse(1), TypeError, "pulse"),
    (lambda: beat.progress(), TypeError, r"progress\(\) .*'done'"),
    (lambda: beat.progress("x"), TypeError, "done .*str"),
    (lambda: beat.progress(-1), ValueError, "done .*not negative, not -1"),
    (lambda: beat.progress(NAN), ValueError, "done .*finite"),
    (lambda: beat.progress(INF), ValueError, "done .*finite"),
    (lambda: beat.progress(10**400), OverflowError, "too large"),
    (lambda: beat.progress(1, "x"), TypeError, "total .*str"),
    (lambda: beat.progress(1, -0.5), ValueError, r"total .*not -0\.5"),
    (lambda: beat.progress(1, 2, 3), TypeError, "phase .*int"),
    (lambda: beat.progress(1, 2, "\ud800"), UnicodeEncodeError, "surrogates"),
    (lambda: beat.progress(1, 2, "x", 4), TypeError, "positional"),
    (lambda: beat.unit(5), TypeError, "label .*int"),
    (lambda: beat.unit("\ud800"), UnicodeEncodeError, "surrogates"),
    (lambda: beat.unit("x", 5), TypeError, "positional"),
    (lambda: beat.unit(timeout=0), ValueError, "timeout .*more than 0, not 0"),
    (lambda: beat.unit(name="x"), TypeError, r"unit\(\) .*'name'"),
    (lambda: beat.pause(), TypeError, r"pause\(\) .*'max'"),
    (lambda: beat.pause(None), TypeError, "max .*None"),
    (lambda: beat.pause(0), ValueError, "max .*more than 0, not 0"),
    (lambda: beat.pause(1, 2), TypeError, "positional"),
    (lambda: beat.pulse_interval(), ValueError, "'beat' has no interval"),
    (lambda: send(beat, 1), TypeError, "channel .*Heartbeat"),
    (lambda: send(beat.pulses, 1), TypeError, "channel .*Pulses"),
    (lambda: task.join(1, 2), TypeError, "positional"),
    (lambda: task.join(1, timeout=1), TypeError, "'timeout'"),
    (lambda: task.join(1, deadline=1), TypeError, "timeout or deadline"),
    (lambda: task.result(soon=1), TypeError, "'soon'"),
]


@pytest.mark.parametrize(("call", "error", "match"), BAD_CALLS, ids=[str(i) for i in range(len(BAD_CALLS))])
def test_a_bad_call(call: Call, error: type[Exception], match: str) -> None:
    before = channel.stats(), len(selector), timer.due, ticker.due
    with pytest.raises(error, match=match):
        call()
    assert before == (channel.stats(), len(selector), timer.due, ticker.due)
    assert beat.stats().pulses == 0 and beat.stats().progress is None


BAD_VALUES = [
    ("q", 2**63, OverflowError), ("q", -(2**63) - 1, OverflowError), ("q", 10**400, OverflowError),
    ("q", 1.0, TypeError), ("q", "1", TypeError), ("q", None, TypeError), ("q", NAN, TypeError),
    ("d", "1.0", TypeError), ("d", None, TypeError), ("d", 1j, TypeError), ("d", [], TypeError),
    ("d", 10**400, OverflowError),
]


@pytest.mark.parametrize(("dtype", "bad", "error"), BAD_VALUES)
def test_a_value_of_another_type(dtype: str, bad: Any, error: type[Exception]) -> None:
    typed: Channel[Any] = Channel(5, dtype=dtype)
    receiver: Channel[Any] = Channel(5)
    for call in (lambda: typed.send(bad), lambda: typed.try_send(bad), lambda: typed.send_many([1, bad]),
                 lambda: send(typed, bad), lambda: select(send(receiver, 1), send(typed, bad))):
        with pytest.raises(error, match=f"value .*'{dtype}'"):
            call()
    assert typed.stats() == Channel(5).stats() == receiver.stats()


def test_a_case_that_goes_bad_is_refused_before_any_is_enqueued() -> None:
    class Moody:
        good = True

        def __index__(self) -> int:
            if not self.good:
                raise LookupError("bad now")
            return 7

    typed: Channel[Any] = Channel(5, dtype="q")
    ready: Channel[Any] = Channel(5)
    ready.send("ready")
    moody = Moody()
    cases = ready, send(ready, "sent"), send(typed, moody)
    fresh = Selector(cases)
    moody.good = False
    for call in (select, try_select):
        with pytest.raises(LookupError):
            call(*cases)
    with pytest.raises(LookupError):
        [fresh.select() for _ in range(1000)]
    assert typed.stats().sends == 0
    moody.good = True
    assert {fresh.select().index for _ in range(200)} <= {0, 1, 2}


def test_any_object_can_be_sent() -> None:
    recursive, unhashable = Recursive(), {}
    queue: Channel[Any] = Channel(3)
    queue.send_many([recursive, unhashable, Unindexable])
    assert queue.recv() is recursive and queue.recv() is unhashable and queue.recv() is Unindexable
    assert go(lambda value: value, recursive).result() is recursive
