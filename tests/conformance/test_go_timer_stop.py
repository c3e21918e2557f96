"""Go src/time/sleep_test.go, second part: stopping and resetting timers, in time and in races."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import heartbeat
import pytest
from go_helpers import TIMER_KINDS, WAIT, Program, func_timer, stays_quiet
from heartbeat import Channel, Source, Ticker, Timer, after, after_func, select

ROUNDING = 1e-6  # an instant is a float of seconds
kinds = pytest.mark.parametrize("make", TIMER_KINDS.values(), ids=TIMER_KINDS.keys())
Make = Callable[[float], tuple[Timer, Source]]


@kinds
def test_AfterStop(make: Make) -> None:
    """Stopped before they were due, two timers do not fire while a longer one does."""
    after_func(0.1, lambda: None)
    timer, value = make(0.8)
    called: Channel[bool] = Channel(1)
    function = after_func(0.85, lambda: called.send(True))
    longer = after(0.9)
    assert timer.stop() is True
    assert function.stop() is True
    longer.recv(timeout=WAIT)
    assert stays_quiet(value) and stays_quiet(called)
    assert timer.stop() is False
    assert function.stop() is False


def test_TimerStopStress() -> None:
    """100 threads stop a timer each, long before it is due; who came too late sees it fire."""
    with Program() as program:
        fired = program.chan(100)

        def stop() -> bool:
            timer = after_func(2.0, lambda: fired.send(True))
            due = timer.due
            heartbeat.sleep(0.1)
            stopped = timer.stop()
            assert stopped or heartbeat.now() >= due
            return stopped

        tasks = [program.go(stop) for _ in range(100)]
        late = [task.result(WAIT) for task in tasks].count(False)
        for _ in range(late):
            fired.recv(timeout=WAIT)
        assert stays_quiet(fired, 2.1)


def test_Reset() -> None:
    """The time before a reset does not count; a timer whose value was received has run out."""
    unit = 0.01
    timer = Timer(2 * unit)
    heartbeat.sleep(unit)
    reset_at = heartbeat.now()
    assert timer.reset(3 * unit) is True
    due = timer.recv(timeout=WAIT)
    assert heartbeat.now() >= due >= reset_at + 3 * unit - ROUNDING
    assert timer.reset(5 * unit) is False
    assert timer.stop() is True


def test_Reset_of_a_function() -> None:
    timer, fired = func_timer(60)
    reset_at = heartbeat.now()
    assert timer.reset(0.02) is True
    assert fired.recv(timeout=WAIT) >= reset_at + 0.02 - ROUNDING
    assert timer.reset(60) is False
    assert timer.stop() is True
    assert timer.stop() is False


def test_Issue5745() -> None:
    """A timer call that fails leaves nothing locked: there it was a nil timer, here it is a bad
    argument.
    """
    ticker, timer = Ticker(3600), Timer(3600)
    for bad in ("soon", None, object(), [1]):
        with pytest.raises(TypeError):
            timer.reset(bad)
        with pytest.raises(TypeError):
            ticker.reset(bad)
    ticker.stop()
    assert timer.stop() is True
    assert after(0).recv(timeout=WAIT) <= heartbeat.now()


def test_TimerModifiedEarlier() -> None:
    """Pulled forward again and again, a timer still fires (Go issue 47329).

    1,000 rounds there, 100 here.
    """
    for _ in range(100):
        timer, fired = func_timer(3600)
        for _ in range(10):
            if not timer.stop():
                fired.recv(timeout=WAIT)
            timer.reset(0)
        assert fired.recv(timeout=WAIT) <= heartbeat.now()


def life_of_a_timer() -> Iterator[None]:
    """The states TestAdjustTimers drives each timer through; a step ends at every yield."""
    timer, fired = func_timer(0)
    yield
    fired.recv(timeout=WAIT)
    yield
    for minutes in (1, 3, 2):
        assert timer.reset(60 * minutes) is False
        yield
        assert timer.stop() is True
        yield
    assert timer.reset(0) is False
    yield
    start = heartbeat.now()
    fired.recv(timeout=WAIT)
    assert heartbeat.now() - start < WAIT / 3


@pytest.mark.parametrize("seed", range(3))
def test_AdjustTimers(seed: int) -> None:
    """100 timers move earlier and later in a random mixture of steps, and none is lost (Go issue
    47762).
    """
    choose = random.Random(seed)
    lives = [life_of_a_timer() for _ in range(100)]
    while lives:
        place = choose.randrange(len(lives))
        if next(lives[place], "over") == "over":
            lives[place] = lives[-1]
            lives.pop()


def stop_or_reset_the_loser(end: Callable[[Timer], bool]) -> None:
    for _ in range(20):
        timers = [Timer(0.001), Timer(0.001)]
        loser = timers[1 - select(*timers, timeout=WAIT).index]
        assert end(loser) is True  # its value was not received, so it is taken back ...
        assert loser.try_recv() is None  # ... and nobody gets it


@pytest.mark.parametrize(
    "end",
    [lambda timer: timer.stop(), lambda timer: timer.reset(3600)],
    ids=["TestStopResult", "TestResetResult"],
)
def test_result_tells_whether_a_value_is_left(end: Callable[[Timer], bool]) -> None:
    """Two timers for the same instant: one is received, the other ended (Go issue 69312).

    1,000 threads of 100 rounds there, 50 of 20 here.
    """
    with Program() as program:
        for _ in range(50):
            program.go(stop_or_reset_the_loser, end)
        program.join()


@pytest.mark.parametrize(
    "end",
    [lambda timer: timer.stop(), lambda timer: timer.reset(3600)],
    ids=["TestStopResult", "TestResetResult"],
)
def test_result_tells_whether_the_function_runs(end: Callable[[Timer], bool]) -> None:
    """The same race against a callback: it runs or it was stopped, never both and never neither."""
    for _ in range(200):
        timer, fired = func_timer(0.0002)
        heartbeat.sleep(0.0002)
        if end(timer):
            assert fired.try_recv() is None
        else:
            fired.recv(timeout=WAIT)
        timer.stop()
        assert len(fired) == 0
