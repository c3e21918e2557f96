"""Why a beat is silent: told from evidence, while it lasts, whoever holds the interpreter lock.

A thread that holds the lock in C does so in a read() from a pipe, which the monitor itself ends by
writing to it: so a verdict that came too late could not come at all.
"""

from __future__ import annotations

import hashlib
import re
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from heartbeat import Channel, Health, Heartbeat, Monitor, after, go, nil, now, select, send, sleep
from support import SOON, run_program

SHORT = 0.2
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
needs_gil = pytest.mark.skipif(FREE_THREADED, reason="there is no interpreter lock to hold")


@contextmanager
def silenced(by: Callable[[], object], **options: Any) -> Iterator[tuple[Monitor, Health]]:
    """A thread pulses and then does this; what becomes of its beat."""
    told: Channel[Health] = Channel(None)

    def work() -> None:
        beat.pulse()
        by()
        beat.pulse()

    monitor = Monitor(beat := Heartbeat("heart"), timeout=SHORT, grace=SOON, on_event=told.send, **options)
    with monitor:
        task = go(work, name="worker")
        yield monitor, told.recv(timeout=SOON)
        recovery = told.recv(timeout=SOON)
        assert recovery.healthy and recovery.cause is None
        task.result(SOON)


# ---- blocked ----


@pytest.mark.parametrize(("wait", "words"), [
    (lambda channel: channel.recv(), "receive from channel 'jobs'"),
    (lambda channel: channel.send(1), "send to channel 'jobs'"),
    (lambda channel: select(channel, after(1000)), "receive from channel 'jobs' (0 senders, 1 receivers wait)"),
    (lambda channel: select(after(1000), send(channel, 1)), "or send to channel 'jobs'"),
    (lambda channel: channel.recv(timeout=1000), "'jobs'"),
    (lambda channel: next(channel), "'jobs'"),
])
def test_blocked_names_the_wait(wait: Callable[[Channel[Any]], object], words: str) -> None:
    channel: Channel[Any] = Channel(name="jobs")
    with silenced(lambda: wait(channel)) as (_, health):
        assert health.cause == "blocked" and not health.healthy
        assert words in health.where and "'worker'" in health.where
        if not channel.try_send(2):
            assert channel.recv(timeout=SOON) == 1


def test_blocked_tells_since_when() -> None:
    channel: Channel[Any] = Channel(name="jobs")
    with silenced(channel.recv) as (_, health):
        assert re.search(r", for \d+\.\d+ s", health.where)
        channel.send(1)


def test_a_channel_without_a_name() -> None:
    channel: Channel[Any] = Channel()
    with silenced(channel.recv) as (_, health):
        assert health.cause == "blocked" and "receive from channel at 0x" in health.where
        channel.send(1)


def test_a_sleep_of_the_engine_is_a_wait() -> None:
    told = threading.Event()

    def sleep_until_told() -> None:
        while not told.is_set():
            sleep(4 * SHORT)

    with silenced(sleep_until_told) as (_, health):
        told.set()
        assert health.cause == "blocked" and "sleep" in health.where


def test_many_waits_are_cut() -> None:
    channel: Channel[Any] = Channel(name="last")
    with silenced(lambda: select(*[Channel(name="x" * 40) for _ in range(20)], nil, channel)) as (_, health):
        assert health.cause == "blocked" and "more" in health.where
        channel.send(1)


# ---- busy and missed ----


def spin(until: threading.Event) -> None:
    while not until.is_set():
        pass


def hash_much(until: threading.Event) -> None:
    """Computes in C, without the interpreter lock, for longer than the timeout at a time."""
    while not until.is_set():
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1_000_000)


def was_busy(where: str) -> bool:
    """Whether the thread had a processor for more than half of the time between the two looks."""
    told = re.search(r"([\d.]+) s of processor time in the last ([\d.]+) s", where)
    assert told
    used, between = map(float, told.groups())
    return 2 * used > between + 0.002  # both are rounded


@pytest.mark.parametrize("compute", [spin, hash_much])
def test_busy(compute: Callable[[threading.Event], None]) -> None:
    """If others want the processors too, it may get too little of them to be called so."""
    for _ in range(5):
        done = threading.Event()
        with silenced(lambda: compute(done)) as (_, health):
            done.set()
            assert health.cause == "busy" or not was_busy(health.where), health
            assert health.stack is None or compute.__name__ in health.stack
            if health.cause == "busy":
                return


def test_missed_when_it_waits_elsewhere() -> None:
    done = threading.Event()
    with silenced(done.wait) as (_, health):
        done.set()
        assert health.cause == "missed" and "'worker'" in health.where
        assert "wait" in (health.stack or "wait")  # there is none if it is not run for long


def test_missed_in_a_sleep_which_lasts_its_time() -> None:
    """The signal that asks for the stack does not shorten it."""
    slept = []

    def nap() -> None:
        begun = time.monotonic()
        time.sleep(4 * SHORT)
        slept.append(time.monotonic() - begun)

    with silenced(nap) as (_, health):
        assert health.cause == "missed" and "nap" in (health.stack or "nap")
    assert slept[0] >= 4 * SHORT


def test_the_thread_has_ended() -> None:
    beat = Heartbeat("heart", timeout=SHORT)
    go(beat.pulse, name="short-lived").join(SOON)
    with Monitor(beat) as monitor:
        health = monitor.recv(timeout=SOON)
    assert health.cause == "missed" and "ended" in health.where and health.stack is None


def test_nobody_ever_pulsed() -> None:
    """The thread that made it is the only one known of."""
    beat, done = Heartbeat(), threading.Event()
    with Monitor(beat, timeout=SHORT, on_event=lambda health: told.append(health) or done.set()):
        told: list[Health] = []
        assert done.wait(SOON)
    assert told[0].cause == "missed" and "wait" in (told[0].stack or "wait")


def test_check_takes_evidence_as_well() -> None:
    channel: Channel[Any] = Channel(name="jobs")
    with silenced(channel.recv) as (monitor, _):
        [health] = monitor.check()
        assert health.cause == "blocked" and "'jobs'" in health.where
        channel.send(1)


# ---- starved ----

HOLD = """
import ctypes, os, sys, threading, time
from heartbeat import *
reader, writer = os.pipe()
ready, done = Channel(), Channel()
beat = Heartbeat("heart")
def hold():
    '''Keeps the interpreter lock until something comes through the pipe.'''
    ctypes.PyDLL(None).read(reader, ctypes.create_string_buffer(1), 1)
"""


@needs_gil
def test_starved_is_told_while_the_lock_is_held() -> None:
    """Who waits for the lock wakes now and then to ask for it, and may be found so: then it is "missed"."""
    run_program(HOLD + f"""
def work():
    while not done.closed:
        beat.pulse()
        ready.try_send(None)
        time.sleep(0.001)
told, causes = Channel(None), []
with Monitor(beat, timeout=0.3, grace=30, on_event=told.send).notify(writer, b"!"):
    task = go(work, name="worker")
    while "starved" not in causes:
        ready.recv()
        hold()
        released = now()
        health = told.recv(timeout={SOON})
        causes.append(health.cause)
        assert health.since + health.silent_for <= released, health
        assert set(causes) <= {{"starved", "missed"}} and len(causes) < 5, health
        assert told.recv(timeout={SOON}).healthy
    assert "interpreter lock" in health.where and "'worker'" in health.where, health
    assert "work" in (health.stack or "work"), health
    done.close()
    task.result({SOON})
""")


@needs_gil
def test_who_holds_the_lock_is_not_starved() -> None:
    run_program(HOLD + f"""
with Monitor(beat, timeout=0.3).notify(writer, b"!") as monitor:
    beat.pulse()
    hold()
    health = monitor.recv(timeout={SOON})
    assert health.cause == "missed", health
    assert "hold" in (health.stack or "hold"), health
""")


@needs_gil
def test_computing_with_the_lock_held_in_c_is_busy() -> None:
    """A power of a long int never looks up."""
    run_program(HOLD + f"""
from test_monitor_evidence import was_busy
told = Channel(None)
with Monitor(beat, timeout=0.3, on_event=told.send):
    digits, health = 200_000, None
    while not health or health.healthy:
        beat.pulse()
        pow(7, digits)
        health = told.try_recv()
        digits *= 2
    assert health.cause == "busy" or not was_busy(health.where), health
    assert "<module>" in (health.stack or "<module>"), health
""")


def test_a_machine_that_stood_still_gives_no_false_alarm() -> None:
    """SIGSTOP stops the monitor as well: it doubts itself first."""
    run_program("""
import os, signal, subprocess, sys, time
from heartbeat import *
done = Channel()
beat = Heartbeat("heart")
def work():
    while not done.closed:
        beat.pulse()
        time.sleep(0.002)
with Monitor(beat, timeout=1.0, stack=False) as monitor:
    task = go(work)
    for _ in range(3):
        waker = subprocess.Popen(["sh", "-c", f"sleep 1.5; kill -CONT {os.getpid()}"])
        os.kill(os.getpid(), signal.SIGSTOP)
        waker.wait()
        time.sleep(0.2)
    assert monitor.try_recv() is None and monitor.status == "healthy"
    assert monitor.stats().latest > 0.3, monitor.stats()
    done.close()
    task.result()
""")
