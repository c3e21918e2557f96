"""A bubble in which nothing goes on in real time says so, with the stack of who runs."""

import ctypes
import io
import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support import SOON, complete, threads_named, wait_until

import heartbeat
from heartbeat import Channel, go, sleep
from heartbeat.testing import Bubble, StallError, virtual_time

STALL = 0.2


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """An event of threading, which the engine knows nothing of; set at the end, so that nobody stays."""
    event = threading.Event()
    yield event
    event.set()


def hold_up(gate: threading.Event) -> None:
    gate.wait()


# ---- the host waits in the engine ----


def test_a_participant_that_does_not_come_back_is_told_to_a_host_that_sleeps(gate: threading.Event) -> None:
    with pytest.raises(StallError) as raised, virtual_time(stall=STALL):
        go(hold_up, gate, name="busy")
        go(sleep, 1.0, name="napper")
        try:
            sleep(100.0)
        finally:
            gate.set()
    report = raised.value.report
    assert report is not None and report in str(raised.value)
    assert str(raised.value).startswith("a thread of the bubble does not come back to the engine\n")
    busy = next(part for part in report.split("\n\n") if "'busy'" in part)
    assert "  runs\n" in busy and "in hold_up\n      gate.wait()" in busy
    assert f"created at {__file__}:" in busy
    assert "'MainThread', the host\n  sleeps\n  since 0.0 s, for 0.0 s, until 100.0 s" in report


@pytest.mark.parametrize("wait", ["recv", "wait"])
def test_any_wait_of_the_host_is_told(wait: str, gate: threading.Event) -> None:
    with pytest.raises(StallError, match="hold_up"), virtual_time(stall=STALL) as bubble:
        go(hold_up, gate)
        try:
            bubble.wait() if wait == "wait" else Channel[int]().recv()
        finally:
            gate.set()


def test_the_end_of_the_block_is_such_a_wait(gate: threading.Event) -> None:
    with pytest.raises(StallError, match="hold_up"), virtual_time(stall=STALL):
        go(hold_up, gate)


def test_waiting_for_the_world_outside_is_a_standstill_too() -> None:
    outside = Channel[int](name="outside")
    with pytest.raises(StallError, match="channel 'outside'.* .from outside"), virtual_time(stall=STALL):
        go(outside.recv)
        try:
            sleep(1.0)
        finally:
            outside.send(1)


def test_the_host_can_go_on_after_it_was_told(gate: threading.Event) -> None:
    with virtual_time(stall=STALL) as bubble:
        task = go(hold_up, gate)
        with pytest.raises(StallError):
            sleep(1.0)
        gate.set()
        task.join()
        sleep(1.0)
        assert bubble.now == 1.0


def test_a_standstill_that_ends_in_time_is_none(gate: threading.Event) -> None:
    with virtual_time(stall=30.0):
        task = go(hold_up, gate)
        go(gate.set)
        sleep(1.0)
        task.join()


def test_who_computes_but_comes_to_the_engine_is_not_stalled() -> None:
    """Longer than the limit in all, in pieces that are shorter, on a busy machine too."""
    limit = 1.0

    def compute(channel: "Channel[int]") -> None:
        end = time.monotonic() + 1.5 * limit
        while time.monotonic() < end:
            channel.try_send(1)
            channel.try_recv()
            sleep(0.0)

    with virtual_time(stall=limit):
        task = go(compute, Channel[int](1))
        task.join()


# ---- the host itself runs ----


def test_a_host_that_runs_python_is_told_by_stderr_and_an_exception(capsys: pytest.CaptureFixture[str]) -> None:
    def spin() -> None:
        while True:
            pass

    with pytest.raises(StallError) as raised, virtual_time(stall=STALL):
        spin()
    assert raised.value.report is not None and "in spin\n" in raised.value.report
    told = capsys.readouterr().err
    assert told == f"heartbeat: {raised.value}\n"


def test_a_host_that_waits_for_a_lock_is_woken(gate: threading.Event, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGURG)
    with pytest.raises(StallError, match="gate.wait()"), virtual_time(stall=STALL):
        hold_up(gate)
    assert signal.getsignal(signal.SIGURG) == before
    assert "in hold_up" in capsys.readouterr().err


def test_a_host_that_joins_a_thread_is_woken(gate: threading.Event, capsys: pytest.CaptureFixture[str]) -> None:
    thread = threading.Thread(target=hold_up, args=(gate,))
    thread.start()
    with pytest.raises(StallError), virtual_time(stall=STALL):
        thread.join()
    gate.set()
    thread.join()


def in_a_thread(body: Any) -> BaseException | None:
    """What a function raised in a thread of threading."""
    raised: list[BaseException | None] = []

    def run() -> None:
        try:
            body()
            raised.append(None)
        except BaseException as error:  # whatever it is, it is looked at
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30.0)
    return raised[0]


def test_a_host_in_another_thread_gets_the_report_in_its_exception(capsys: pytest.CaptureFixture[str]) -> None:
    def body() -> None:
        with virtual_time(stall=STALL):
            while True:
                pass

    error = in_a_thread(body)
    assert isinstance(error, StallError)
    assert type(error).__name__ == "StallError"
    assert error.report is not None and "in body" in error.report
    assert error.report in capsys.readouterr().err


def test_a_host_that_leaves_before_the_exception_comes_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was told on stderr; what it does after the bubble is not disturbed."""
    told = threading.Lock()  # an Event is Python code, which the exception would tear
    told.acquire()

    class Stderr(io.StringIO):
        def write(self, text: str) -> int:
            if told.locked():
                told.release()
            return super().write(text)

    monkeypatch.setattr(sys, "stderr", report := Stderr())

    def body() -> None:
        with virtual_time(stall=STALL):
            told.acquire()
        for _ in range(1000):
            heartbeat.now()

    error = in_a_thread(body)
    assert error is None or isinstance(error, StallError)
    assert "told.acquire()" in report.getvalue()


# ---- nothing stays ----


def test_nobody_is_asked_for_the_exception_afterwards() -> None:
    """While one is left for any thread, CPython interrupts them all; a traced one of 3.11 for ever."""
    done = complete(f"""
import faulthandler, threading
from heartbeat.testing import StallError, virtual_time
faulthandler.dump_traceback_later({SOON}, exit=True)
def body():
    try:
        with virtual_time(stall={STALL}):
            while True:
                pass
    except StallError:
        pass
host = threading.Thread(target=body)
host.start()
host.join()
threading.settrace(lambda *about: None)
traced = threading.Thread(target=lambda: None)
traced.start()
traced.join()
""")
    assert done.returncode == 0, done.stderr


def test_nothing_is_left_behind(gate: threading.Event) -> None:
    with virtual_time(stall=STALL):
        sleep(1.0)
    with pytest.raises(StallError), virtual_time(stall=STALL):
        hold_up(gate)
    wait_until(lambda: threads_named("hb-stall") == 0)


def test_without_a_limit_nobody_looks(gate: threading.Event) -> None:
    for stall in None, math.inf:
        with virtual_time(stall=stall):
            time.sleep(STALL)


@pytest.mark.parametrize("stall", [0, 0.0, -1.0, math.nan])
def test_a_limit_is_more_than_nothing(stall: float) -> None:
    with pytest.raises(ValueError, match="stall"):
        Bubble(stall=stall)
    with pytest.raises(TypeError):
        Bubble(stall="soon")  # type: ignore[arg-type]


def test_a_bubble_that_cannot_be_entered_is_not_watched() -> None:
    with virtual_time(stall=STALL) as bubble:
        with pytest.raises(heartbeat.Error):
            bubble.__enter__()
        with pytest.raises(heartbeat.Error):
            Bubble(stall=STALL).__enter__()


def test_a_host_that_was_awake_for_a_moment_is_told_when_it_sleeps_again(gate: threading.Event) -> None:
    """It leaves its sleep for every signal, and runs no Python then: what is left for it to find
    between two bytecodes would wait for ever."""
    libc = ctypes.CDLL(None)
    libc.signal.restype, libc.signal.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p]
    before = libc.signal(signal.SIGALRM, ctypes.cast(libc.abs, ctypes.c_void_p))  # a handler that does nothing
    signal.setitimer(signal.ITIMER_REAL, 0.00003, 0.00003)
    try:
        with pytest.raises(StallError, match="hold_up"), virtual_time(stall=STALL):
            go(hold_up, gate)
            try:
                sleep(1.0)
            finally:
                gate.set()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        libc.signal(signal.SIGALRM, before)
