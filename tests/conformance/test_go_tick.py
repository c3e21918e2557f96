"""Go src/time/tick_test.go, but for its TestChan, which is test_go_timer_chan.py.

Lower bounds are exact, as a ticker keeps its phase. Upper bounds only say that things happen at
all.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

import heartbeat
import pytest
from go_helpers import WAIT, Program, resident_bytes, stays_quiet
from support import SANITIZED
from heartbeat import Channel, Ticker, Timer, nil, select, send

ROUNDING = 1e-6  # an instant is a float of seconds


def test_Ticker() -> None:
    """Five ticks of one period, five of twice that after a reset, and none once stopped."""
    period = 0.02
    start = heartbeat.now()
    ticker = Ticker(period)
    for _ in range(5):
        ticker.recv(timeout=WAIT)
    middle = heartbeat.now()
    ticker.reset(2 * period)
    for _ in range(5):
        ticker.recv(timeout=WAIT)
    end = heartbeat.now()
    ticker.stop()
    assert middle - start >= 5 * period - ROUNDING
    assert end - middle >= 10 * period - ROUNDING
    assert stays_quiet(ticker, 4 * period)


@pytest.mark.parametrize("make", [Timer, Ticker])
def test_TickerStopWithDirectInitialization(make: type[Any]) -> None:
    """A ticker or timer that was never initialised (TestManualTicker, TestZeroTimer...Panics) is
    refused, not fatal.
    """
    for use in (lambda it: it.stop(), lambda it: it.reset(1), lambda it: it.try_recv()):
        with pytest.raises((TypeError, heartbeat.Error)):
            use(make.__new__(make))


def test_Teardown() -> None:
    for _ in range(3):
        ticker = Ticker(0.02)
        assert ticker.recv(timeout=WAIT) <= heartbeat.now()
        ticker.stop()


@pytest.mark.parametrize("period", [-1, 0, -0.001, float("nan")])
@pytest.mark.parametrize("make", [heartbeat.tick, Ticker])
def test_NewTickerLtZeroDuration(make: Callable[[float], Ticker], period: float) -> None:
    """TestTick too: where Go's Tick gives a nil channel for a negative period, both ways are
    refused here.
    """
    with pytest.raises(ValueError):
        make(period)


@pytest.mark.parametrize("period", [0, -1])
def test_TickerResetLtZeroDuration(period: float) -> None:
    ticker = Ticker(0.01)
    with pytest.raises(ValueError):
        ticker.reset(period)
    assert ticker.period == 0.01
    assert ticker.recv(timeout=WAIT) <= heartbeat.now()  # and it goes on as before
    ticker.stop()


def queue_functions(inward: Channel[Any], outward: Channel[Any], expired: Channel[None]) -> None:
    waiting: deque[Any] = deque()
    while True:
        output = send(outward, waiting[0]) if waiting else send(nil, None)
        got = select(inward, output, expired)
        if got.source is outward:
            waiting.popleft()
        elif got.source is inward and got.ok:
            waiting.append(got.value)
        else:
            return


def test_LongAdjustTimers() -> None:
    """A receive that makes a timer each time stays fast after many timers came and went.

    5,000 sleepers and 50,000 rounds there; 200 and 100 here.
    """
    tries = 20
    with Program() as program:
        for _ in range(200):
            program.go(heartbeat.sleep, 0.00001)
        for _ in range(200):
            heartbeat.sleep(0.000001)
        inward, outward, expired = program.chan(), program.chan(), program.chan()
        limit = heartbeat.after_func(2 * WAIT, expired.close)
        program.go(queue_functions, inward, outward, expired)
        for number in range(100):
            inward.send_many(range(number, number + tries), timeout=WAIT)
            for place in range(tries):
                assert select(outward, heartbeat.after(WAIT), expired) == (0, number + place, True)
        assert limit.stop() is True
        inward.close()
        program.join()


TIMERS: dict[str, Callable[[], Any]] = {
    "After": lambda: heartbeat.after(3600),
    "Tick": lambda: heartbeat.tick(3600),
    "NewTimer": lambda: Timer(3600),
    "NewTicker": lambda: Ticker(3600),
    "NewTimerStop": lambda: Timer(3600).stop(),
    "NewTickerStop": lambda: Ticker(3600).stop(),
}


@pytest.mark.parametrize("make", TIMERS.values(), ids=TIMERS.keys())
def test_TimerGC(make: Callable[[], Any]) -> None:
    """A timer nobody refers to is garbage long before it is due.

    40 bytes left of each would be found here.
    """
    count = 20_000

    def forget_many() -> None:
        for _ in range(count):
            make()
        gc.collect()

    forget_many()
    blocks, resident = sys.getallocatedblocks(), resident_bytes()
    forget_many()
    assert sys.getallocatedblocks() - blocks < count // 20
    assert SANITIZED or resident_bytes() - resident < count * 40


@pytest.mark.parametrize(
    "make", [heartbeat.after, heartbeat.tick], ids=["TestAfterTimes", "TestTickTimes"]
)
def test_Times(make: Callable[[float], Any]) -> None:
    """The value is the instant that was due, however late it is looked at; for a ticker that of the
    oldest tick.
    """
    before = heartbeat.now()
    source = make(0.01)
    after = heartbeat.now()
    heartbeat.sleep(0.2)
    due = source.recv(timeout=0)
    assert before + 0.01 - ROUNDING <= due <= after + 0.01 + ROUNDING
