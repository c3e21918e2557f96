"""What the native thread does at a verdict: at once, in order, while the interpreter lock is held."""

from __future__ import annotations

import math
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import Channel, Health, Heartbeat, Monitor, dump, go
from support import SOON, complete, not_thread_sanitized, run_program, wait_until

SHORT = 0.05

PRELUDE = """
import ctypes, os, signal, sys, threading, time
from heartbeat import *
beat = Heartbeat("heart")
reader, writer = os.pipe()
def hold():
    '''Keeps the interpreter lock until something comes through the pipe.'''
    ctypes.PyDLL(None).read(reader, ctypes.create_string_buffer(1), 1)
"""


@pytest.fixture
def pipe() -> Any:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_actions_are_done_in_their_order(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    with Monitor(Heartbeat("heart"), timeout=SHORT) as monitor:
        assert monitor.notify(writer, b"<").dump(writer).notify(writer, bytearray(b">")) is monitor
        assert not monitor.recv(timeout=SOON).healthy
    text = os.read(reader, 1 << 16).decode()
    assert text.startswith("<") and text.endswith(">") and "heart" in text


def test_actions_are_done_at_every_silence_and_only_then(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    beat = Heartbeat()
    told: Channel[Health] = Channel(None)
    with Monitor(beat, timeout=SHORT, on_event=told.send).notify(writer, b"!"):
        for _ in range(2):
            assert not told.recv(timeout=SOON).healthy
            beat.pulse()
            assert told.recv(timeout=SOON).healthy
        beat.close()
        silences = 2
        while (health := told.recv(timeout=SOON)).cause != "closed":
            silences += not health.healthy
    assert os.read(reader, 100) == b"!" * silences


def test_what_does_not_fit_is_dropped_and_counted(pipe: tuple[int, int]) -> None:
    """The monitor never waits for a reader."""
    reader, writer = pipe
    much = b"x" * (1 << 20)
    with Monitor(Heartbeat(), timeout=SHORT).notify(writer, much) as monitor:
        assert not monitor.recv(timeout=SOON).healthy
        wait_until(lambda: monitor.stats().unwritten > 0)
        assert monitor.stats().unwritten == len(much) - len(os.read(reader, 1 << 20))


def test_a_descriptor_that_is_closed_harms_nobody() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    with Monitor(Heartbeat(), timeout=SHORT).dump(writer).notify(writer, b"!") as monitor:
        assert not monitor.recv(timeout=SOON).healthy


def test_nobody_at_the_other_end() -> None:
    """Which would be a SIGPIPE."""
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, Monitor(Heartbeat(), timeout=SHORT).notify(ours, b"!") as monitor:
        assert not monitor.recv(timeout=SOON).healthy


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGTERM])
def test_a_signal_to_the_process(number: int) -> None:
    caught: Channel[int] = Channel(None)
    before = signal.signal(number, lambda signum, frame: caught.send(signum))
    try:
        with Monitor(Heartbeat(), timeout=SHORT).signal(number):
            assert caught.recv(timeout=SOON) == number
    finally:
        signal.signal(number, before)


@not_thread_sanitized
@pytest.mark.parametrize(("action", "status"), [
    ("exit()", 1), ("exit(7)", 7), ("exit(code=255)", 255), ("abort()", -signal.SIGABRT),
    ("signal(signal.SIGTERM)", -signal.SIGTERM), ("signal(signal.SIGKILL)", -signal.SIGKILL),
    ("notify(1, b'before ').exit(3)", 3),
])
def test_the_process_ends_while_the_interpreter_lock_is_held(action: str, status: int) -> None:
    done = complete(PRELUDE + f"""
Monitor(beat, timeout=0.1).{action}.start()
beat.pulse()
hold()
print("not reached")
""")
    assert done.returncode == status
    assert done.stdout == ("before " if "before" in action else "")


@not_thread_sanitized
def test_what_is_written_while_the_lock_is_held_reaches_others() -> None:
    """The write itself is what ends the hold."""
    printed = run_program(PRELUDE + f"""
with Monitor(beat, timeout=0.1, stack=False).dump(1).notify(writer, b"!") as monitor:
    beat.pulse()
    hold()
    print("released")
    assert not monitor.recv(timeout={SOON}).healthy
""")
    assert "heart" in printed and printed.endswith("released\n")


@not_thread_sanitized
def test_an_action_added_to_a_running_monitor_counts() -> None:
    done = complete(PRELUDE + """
Monitor(beat, timeout=0.1).start().exit(5)
threading.Event().wait()
""")
    assert done.returncode == 5


@not_thread_sanitized
def test_ends_and_recoveries_are_no_reason_to_act() -> None:
    run_program(PRELUDE + """
with Monitor(beat, timeout=1000).exit(6) as monitor:
    beat.pulse()
    beat.close()
    assert [health.cause for health in [monitor.recv()]] == ["closed"]
""")


@not_thread_sanitized
def test_a_callback_that_hangs_is_no_reason_to_act() -> None:
    """The work may go well while the one who tells of it does not."""
    run_program(PRELUDE + f"""
gate, other = Channel(), Heartbeat("other")
with Monitor(beat, timeout=0.5, on_event=lambda health: select(gate)) as monitor:
    monitor.watch(other)
    other.close()
    assert monitor.exit(8).recv(timeout={SOON}).cause == "closed"
    while True:
        beat.pulse()
        try:
            health = monitor.recv(timeout=0.05)
            break
        except TimeoutError:
            pass
    assert (health.beat.name, health.cause) == ("on_event", "overran")
    gate.close()
""")


# ---- dump() ----


def test_dump_tells_what_every_thread_does(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    channel: Channel[int] = Channel(name="jobs")
    task = go(channel.recv, name="waiter")

    def dumped() -> str:
        assert dump(writer) is None
        return os.read(reader, 1 << 16).decode()

    wait_until(lambda: "jobs" in dumped())  # it is in the queue before it sleeps
    with Heartbeat("heart") as beat, beat.unit("load"):
        text = dumped()
    assert "waiter" in text and "jobs" in text and "heart" in text and "load" in text
    channel.send(1)
    task.join(SOON)


def test_dump_takes_what_has_a_descriptor() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        dump(fd=ours)
        assert theirs.recv(1 << 16)


# ---- bad input ----


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda monitor: monitor.dump(-1), ValueError, "-1"),
    (lambda monitor: monitor.dump("file"), TypeError, "fileno"),
    (lambda monitor: monitor.signal(0), ValueError, "signum"),
    (lambda monitor: monitor.signal(1000), ValueError, "signum"),
    (lambda monitor: monitor.signal(10**30), ValueError, "signum"),
    (lambda monitor: monitor.signal("TERM"), TypeError, "signum"),
    (lambda monitor: monitor.signal(), TypeError, "argument"),
    (lambda monitor: monitor.exit(-1), ValueError, "code"),
    (lambda monitor: monitor.exit(256), ValueError, "code"),
    (lambda monitor: monitor.exit(1.5), TypeError, "code"),
    (lambda monitor: monitor.exit(True), TypeError, "code"),
    (lambda monitor: monitor.notify(1, "text"), TypeError, "bytes"),
    (lambda monitor: monitor.notify(1), TypeError, "data"),
    (lambda monitor: monitor.notify(math.pi, b""), TypeError, "fileno"),
    (lambda monitor: dump("file"), TypeError, "fileno"),
    (lambda monitor: dump(-1), ValueError, "-1"),
    (lambda monitor: dump(1, 2), TypeError, "argument"),
])
def test_bad_input_is_refused(call: Callable[[Monitor], Any], error: type[Exception], words: str) -> None:
    monitor = Monitor()
    with pytest.raises(error, match=words):
        call(monitor)
    monitor.close()
