"""virtual_time(patch=True): the clocks and the sleep of the standard library."""

from __future__ import annotations

import datetime
import math
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from time import monotonic, perf_counter, sleep
from typing import Any

import pytest

import heartbeat as hb
from heartbeat import _native
from heartbeat.testing import virtual_time
from heartbeat.testing._patch_time import substitute

START = 946684800  # 2000-01-01 UTC
HOUR = 3600.0


def real_clock() -> float:
    """Seconds that no bubble changes."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


@pytest.fixture
def outside() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Calls a function on a thread that takes part in nothing, and returns what it gives."""
    jobs: hb.Channel[Callable[[], Any]] = hb.Channel()
    results: hb.Channel[Any] = hb.Channel(1)

    def serve() -> None:
        for job in jobs:
            results.send(job())

    thread = threading.Thread(target=serve)
    thread.start()

    def call(job: Callable[[], Any]) -> Any:
        jobs.send(job)
        return results.recv()

    yield call
    jobs.close()
    thread.join()


# ---- clocks ----


@pytest.mark.parametrize("start", [0.0, 12.5])
def test_the_wall_clock_begins_in_2000_wherever_the_bubble_begins(start: float) -> None:
    with virtual_time(start, patch=True):
        assert time.time() == START
        sleep(HOUR)
        assert time.time() == START + HOUR
        assert time.time_ns() == (START + 3600) * 10**9


@pytest.mark.parametrize("clock", [time.monotonic, time.perf_counter, monotonic, perf_counter])
def test_steady_clocks_tell_the_instant_of_the_bubble(clock: Callable[[], float]) -> None:
    with virtual_time(7.0, patch=True) as bubble:
        assert clock() == 7.0
        sleep(0.25)
        assert clock() == 7.25 == hb.now() == bubble.now


@pytest.mark.parametrize("clock", [time.monotonic_ns, time.perf_counter_ns])
def test_steady_clocks_in_nanoseconds(clock: Callable[[], int]) -> None:
    with virtual_time(patch=True):
        sleep(1e-9)
        sleep(1e-9)
        assert clock() == 2
        assert type(clock()) is int


def test_sleep_of_hours_takes_none() -> None:
    before = real_clock()
    with virtual_time(patch=True):
        for _ in range(24):
            time.sleep(HOUR)
        assert time.monotonic() == 24 * HOUR
    assert real_clock() - before < 5


# ---- sleep ----


@pytest.mark.parametrize(("length", "error"), [
    (-1, ValueError), (-0.5, ValueError), (float("nan"), ValueError), (float("inf"), OverflowError),
    ("1", TypeError), (None, TypeError),
])
def test_sleep_refuses_what_it_refuses_outside(length: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        time.sleep(length)
    with virtual_time(patch=True), pytest.raises(error):
        time.sleep(length)


def test_sleep_takes_whatever_is_an_integer() -> None:
    class Two:
        def __index__(self) -> int:
            return 2

    with virtual_time(patch=True):
        sleep(Two())
        sleep(True)
        sleep(0)
        assert monotonic() == 3


# ---- points in time ----


def test_forms_without_an_argument_mean_the_present() -> None:
    with virtual_time(patch=True):
        sleep(HOUR)
        assert time.gmtime()[:6] == (2000, 1, 1, 1, 0, 0)
        assert time.gmtime(None) == time.gmtime(START + HOUR)
        assert time.localtime() == time.localtime(None) == time.localtime(START + HOUR)
        assert time.ctime() == time.ctime(None) == time.ctime(START + HOUR)
        assert time.asctime() == time.ctime()
        assert time.strftime("%c") == time.strftime("%c", time.localtime(START + HOUR))


def test_forms_with_an_argument_mean_what_they_are_given() -> None:
    epoch = time.gmtime(0)
    with virtual_time(patch=True):
        assert time.gmtime(0) == epoch
        assert time.asctime(epoch) == "Thu Jan  1 00:00:00 1970"
        assert time.strftime("%Y", epoch) == "1970"
        assert time.ctime(0) == time.asctime(time.localtime(0))
        with pytest.raises(TypeError):
            time.gmtime("now")  # type: ignore[arg-type]


def test_datetime_tells_the_wall_clock() -> None:
    with virtual_time(patch=True):
        sleep(HOUR + 0.000001)
        expected = datetime.datetime(2000, 1, 1, 1, 0, 0, 1, tzinfo=datetime.UTC)
        assert datetime.datetime.now(datetime.UTC) == expected
        assert datetime.datetime.now(tz=datetime.UTC) == expected
        assert datetime.datetime.now().astimezone() == expected
        assert datetime.datetime.today().astimezone() == expected
        assert datetime.date.today() == expected.astimezone().date()


def test_utcnow_tells_the_wall_clock_and_warns_where_it_does_outside() -> None:
    def warned() -> list[type[Warning]]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            told.append(datetime.datetime.utcnow())
        return [each.category for each in caught]

    told: list[datetime.datetime] = []
    outside = warned()
    with virtual_time(patch=True):
        assert warned() == outside
    assert told[0].year >= 2024
    assert told[1] == datetime.datetime(2000, 1, 1)


def test_subclasses_of_datetime_get_their_own() -> None:
    class Stamp(datetime.datetime):
        pass

    with virtual_time(patch=True):
        assert type(Stamp.now()) is type(Stamp.today()) is Stamp
        assert Stamp.now(datetime.UTC).year == 2000


def test_datetime_refuses_what_it_refuses_outside() -> None:
    with virtual_time(patch=True), pytest.raises(TypeError):
        datetime.datetime.now("UTC")  # type: ignore[arg-type]


# ---- who gets it ----


def test_others_keep_real_time_all_along(outside: Any) -> None:
    before = outside(time.monotonic)
    with virtual_time(patch=True) as bubble:
        assert outside(time.time) > 1e9
        assert outside(datetime.datetime.now).year >= 2024
        bubble.advance(HOUR)
        during = outside(time.monotonic)
    assert before <= during <= outside(time.monotonic) < before + HOUR


def test_without_patch_only_the_engine_has_virtual_time() -> None:
    with virtual_time():
        assert hb.now() == 0.0
        assert time.time() > 1e9
        assert abs(time.monotonic() - real_clock()) < HOUR


def test_a_bubble_without_patch_beside_one_with(outside: Any) -> None:
    def plain() -> float:
        with virtual_time():
            return time.time()

    with virtual_time(patch=True):
        assert outside(plain) > 1e9
        assert time.time() == START


def test_tasks_get_it_too() -> None:
    with virtual_time(patch=True):
        sleep(5)
        assert hb.go(time.time).result() == START + 5


def test_an_exception_takes_it_off() -> None:
    with pytest.raises(KeyError), virtual_time(patch=True):
        raise KeyError
    assert time.time() > 1e9
    assert _native._patched_bubble() == 0


def test_a_bubble_that_cannot_begin_leaves_nothing_behind() -> None:
    with virtual_time(patch=True):
        with pytest.raises(hb.Error), virtual_time(patch=True):
            pytest.fail("bubbles do not nest")
        assert time.time() == START
    assert time.time() > 1e9


def test_two_bubbles_side_by_side_have_a_clock_each(outside: Any) -> None:
    arrived: hb.Channel[None] = hb.Channel()
    go_on: hb.Channel[None] = hb.Channel()

    def other() -> list[float]:
        with virtual_time(1000.0, patch=True):
            sleep(10)
            arrived.send(None)
            go_on.recv()
            return [time.monotonic(), time.time()]

    told: hb.Channel[list[float]] = hb.Channel(1)
    thread = threading.Thread(target=lambda: told.send(other()))
    thread.start()
    arrived.recv()
    with virtual_time(patch=True):
        sleep(1)
        assert [time.monotonic(), time.time()] == [1.0, START + 1]
    assert time.time() > 1e9  # patches are on still, for the other one
    go_on.send(None)
    thread.join()
    assert told.recv() == [1010.0, START + 10]


# ---- how it is put on ----


def test_what_is_no_builtin_is_replaced_as_an_attribute(monkeypatch: pytest.MonkeyPatch) -> None:
    def clock() -> float:
        return 1.0

    monkeypatch.setattr(time, "time", clock)
    with virtual_time(patch=True):
        assert time.time() == START
        assert clock() == 1.0
    assert time.time is clock


@pytest.mark.parametrize(("function", "args", "kwargs"), [
    (time.tzset, (), {}),
    (time.mktime, (time.localtime(0),), {}),
    (datetime.datetime.strptime, ("2001", "%Y"), {}),
    (datetime.datetime.fromtimestamp, (0,), {"tz": datetime.UTC}),
    (math.gcd, (12, 18), {}),
    (math.prod, ([2, 3],), {"start": 4}),
], ids=["none", "one", "tuple", "keywords", "array", "array and keywords"])
def test_every_calling_convention_has_its_answer(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    def answer(*args: Any, **kwargs: Any) -> Any:
        seen.append((args, kwargs))
        return "answer" if answering else NotImplemented

    seen: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    answering = False
    original = function(*args, **kwargs)
    assert _native._patch_function(function, answer)
    try:
        assert function(*args, **kwargs) == original
        assert seen == []
        with virtual_time(patch=True):
            assert function(*args, **kwargs) == original
            answering = True
            assert function(*args, **kwargs) == "answer"
    finally:
        _native._unpatch_function(function)
    of_class = (datetime.datetime,) if function.__self__ is datetime.datetime else ()  # type: ignore[attr-defined]
    assert seen == [((*of_class, *args), kwargs)] * 2


def test_an_answer_may_raise() -> None:
    def answer(seconds: object) -> None:
        raise LookupError(seconds)

    assert _native._patch_function(time.mktime, answer)
    try:
        with virtual_time(patch=True), pytest.raises(LookupError, match="7"):
            time.mktime(7)  # type: ignore[arg-type]
    finally:
        _native._unpatch_function(time.mktime)


def test_what_is_no_builtin_cannot_be_patched() -> None:
    assert not _native._patch_function(lambda: None, lambda: None)
    assert not _native._patch_type(_native.now, lambda: None)  # type: ignore[arg-type]
