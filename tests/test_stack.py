"""The Python stack of a silent thread: asked for by a signal, without the lock, without harm."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import Heartbeat, Monitor, go, stack_signal
from support import SOON, not_thread_sanitized, run_program

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGRTMAX"), reason="needs a real-time signal")

PRELUDE = f"""
import faulthandler, os, signal, sys, threading, time
from heartbeat import *
pulsed = Channel()
def stack_of(by, **options):
    '''A thread that is not run for long gives none.'''
    stacks = (one_stack_of(by, **options) for _ in range(5))
    return next(filter(None, stacks), None)
def one_stack_of(by, **options):
    '''A thread pulses and does this, until the verdict: the stack that comes with it.'''
    gate, beat = threading.Event(), Heartbeat("heart")
    def work():
        beat.pulse()
        pulsed.send(None)
        by(gate)
    with Monitor(beat, timeout=0.05, grace=30, **options) as monitor:
        task = go(work)
        pulsed.recv()
        stack = monitor.recv(timeout={SOON}).stack
        gate.set()
        task.result({SOON})
        return stack
def wait(gate):
    gate.wait()
def fall_silent(beat, told):
    '''This thread pulses, and waits until it is found silent.'''
    beat.pulse()
    while (health := told.recv(timeout={SOON})).healthy:
        pass
    return health
def stack_here(beat, told):
    return next(filter(None, (fall_silent(beat, told).stack for _ in range(5))), None)
"""


def stack_of(work: Callable[[Heartbeat, threading.Event], object]) -> str:
    """Of a thread that does this until it has fallen silent; one that is not run for long gives none."""
    for _ in range(5):
        gate, beat = threading.Event(), Heartbeat()
        with Monitor(beat, timeout=0.05, grace=SOON) as monitor:
            task = go(work, beat, gate)
            stack = monitor.recv(timeout=SOON).stack
            gate.set()
            task.result(SOON)
        if stack:
            break
    assert stack
    return stack


def test_frames_are_told_innermost_first() -> None:
    def outer(beat: Heartbeat, gate: threading.Event) -> None:
        beat.pulse()
        inner(gate)

    def inner(gate: threading.Event) -> None:
        gate.wait()

    lines = stack_of(outer).splitlines()
    assert all(line.startswith('  File "') for line in lines)
    functions = [line.rpartition(" in ")[2] for line in lines]
    assert functions.index("wait") < functions.index("inner") < functions.index("outer")
    assert __file__ in lines[functions.index("inner")]


def test_a_deep_stack_is_cut() -> None:
    def dive(beat: Heartbeat, gate: threading.Event, depth: int = 300) -> None:
        if depth:
            dive(beat, gate, depth - 1)
        else:
            beat.pulse()
            gate.wait()

    assert stack_of(dive).count("in dive") > 50


def test_no_stacks_are_taken_where_none_are_wanted() -> None:
    run_program(PRELUDE + """
before = [signal.getsignal(signum) for signum in signal.valid_signals()]
assert stack_of(wait, stack=False) is None
assert stack_signal(None) is None  # none was chosen
assert stack_of(wait) is None
assert stack_signal(None) is None
assert stack_signal(signal.SIGRTMIN + 3) is None
assert "in wait" in stack_of(wait)
assert stack_signal(None) == signal.SIGRTMIN + 3
assert stack_of(wait) is None
""")


def test_the_last_signal_nobody_handles_is_taken() -> None:
    run_program(PRELUDE + """
signal.signal(signal.SIGRTMAX, lambda *args: None)
assert "in wait" in stack_of(wait)
assert stack_signal(signal.SIGUSR1) == signal.SIGRTMAX - 1
assert "in wait" in stack_of(wait)
assert stack_signal(None) == signal.SIGUSR1
""")


def test_a_program_that_takes_the_signal_keeps_it() -> None:
    run_program(PRELUDE + """
caught = []
assert "in wait" in stack_of(wait)
signal.signal(signal.SIGRTMAX, lambda *args: caught.append(args))
assert "in wait" in stack_of(wait)  # by another
signal.raise_signal(signal.SIGRTMAX)
assert len(caught) == 1
""")


def test_a_program_that_resets_all_signals_survives() -> None:
    """The default action of such a signal would end it."""
    run_program(PRELUDE + """
monitored, told = Heartbeat("main"), Channel(None)
with Monitor(monitored, timeout=0.05, on_event=told.send):
    assert stack_here(monitored, told)
    signal.signal(signal.SIGRTMAX, signal.SIG_DFL)
    assert stack_here(monitored, told) is None
assert "in wait" in stack_of(wait)
""")


def test_faulthandler_stays_the_programs() -> None:
    run_program(PRELUDE + """
import tempfile
with tempfile.TemporaryFile() as later, tempfile.TemporaryFile() as own:
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, file=own, all_threads=False)
    faulthandler.dump_traceback_later(0.5, file=later)
    assert "in wait" in stack_of(wait)
    signal.raise_signal(signal.SIGUSR1)
    assert os.fstat(own.fileno()).st_size > 0
    assert "in wait" in stack_of(wait)
    while not os.fstat(later.fileno()).st_size:
        time.sleep(0.01)
    faulthandler.unregister(signal.SIGUSR1)
    assert "in wait" in stack_of(wait)
    faulthandler.unregister(signal.SIGRTMAX)
    signal.raise_signal(signal.SIGRTMAX)  # ignored
    assert "in wait" in stack_of(wait)
    signal.raise_signal(signal.SIGRTMAX)
""")


def test_a_thread_that_blocks_the_signal() -> None:
    run_program(PRELUDE + """
def wait_deaf(gate):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    gate.wait()
    assert signal.sigpending() == set()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
assert stack_of(wait_deaf) is None
assert "in wait" in stack_of(wait)
""")


def test_descriptors_that_were_closed_are_not_written_to() -> None:
    """Programs that become daemons close all they find; what is opened then has the same numbers."""
    run_program(PRELUDE + """
import tempfile
monitored, told = Heartbeat("main"), Channel(None)
with Monitor(monitored, timeout=0.05, on_event=told.send):
    assert stack_here(monitored, told)
    os.closerange(3, 100)
    files = [tempfile.TemporaryFile() for _ in range(20)]
    assert stack_here(monitored, told) is None
    assert [os.fstat(file.fileno()).st_size for file in files] == [0] * 20
assert "in wait" in stack_of(wait)
assert [os.fstat(file.fileno()).st_size for file in files] == [0] * 20
""")


def test_waits_of_all_kinds_go_on() -> None:
    """The signal ends none of them early."""
    run_program(PRELUDE + """
import select as system, socket, subprocess
ours, theirs = socket.socketpair()
def timed(sleep):
    def wait(gate):
        begun = time.monotonic()
        sleep()
        assert time.monotonic() - begun >= 0.3
    return wait
lock = threading.Lock()
lock.acquire()
for sleep in (lambda: time.sleep(0.3), lambda: lock.acquire(timeout=0.3), lambda: system.select([ours], [], [], 0.3),
              lambda: subprocess.run(["sleep", "0.3"])):
    assert stack_of(timed(sleep)), sleep
def wait_in_the_engine(gate):
    begun = time.monotonic()
    try:
        nil.recv(timeout=0.3)
    except TimeoutError:
        assert time.monotonic() - begun >= 0.3
        return
    raise AssertionError
assert "in wait_in_the_engine" in stack_of(wait_in_the_engine)
""")


@not_thread_sanitized
def test_threads_that_come_and_go() -> None:
    """A thread may end between the look and the signal."""
    run_program(PRELUDE + """
beats = [Heartbeat(str(i)) for i in range(8)]
done = Channel()
def live(beat):
    beat.pulse()
    time.sleep(0.004)
def churn(beat):
    while not done.closed:
        thread = threading.Thread(target=live, args=(beat,))
        thread.start()
        thread.join()
monitor = Monitor(timeout=0.004)
for beat in beats:
    monitor.watch(beat)
with monitor:
    tasks = [go(churn, beat) for beat in beats]
    stacks = [monitor.recv(timeout=30).stack for _ in range(300)]
    done.close()
    [task.result() for task in tasks]
""")


def test_of_a_thread_that_leaves_its_last_function() -> None:
    """What that function held is still being cleared away, in C: there is no frame to tell of."""
    run_program(PRELUDE + """
reader, writer = os.pipe()
os.set_blocking(writer, False)
try:
    while os.write(writer, bytes(65536)):
        pass
except BlockingIOError:
    os.set_blocking(writer, True)
def live(beat):
    held = open(writer, "wb")
    held.write(b"more than fits")
    beat.pulse()
beat = Heartbeat()
with Monitor(beat, timeout=0.05) as monitor:
    task = go(live, beat)
    assert not monitor.recv(timeout=30).healthy
    os.read(reader, 65536)
    task.result()
""")


@pytest.mark.parametrize(("signum", "error"), [
    (0, ValueError), (-1, ValueError), (1000, ValueError), (10**30, ValueError), ("USR1", TypeError), (1.5, TypeError),
    (signal.SIGKILL, ValueError), (signal.SIGSTOP, ValueError), (signal.SIGSEGV, ValueError),
    (signal.SIGINT, ValueError),  # Python handles it
])
def test_signals_that_cannot_be_used(signum: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        stack_signal(signum)

