"""Every wait of the main thread can be interrupted, and then has had no effect."""

from __future__ import annotations

import sys

import pytest

from support import run_program

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

# A thread gets the interpreter lock only when another lets go of it. So where there is one, the
# thread that interrupts begins when the main thread waits; without one, it looks three times.
PRELUDE = """
import _thread, os, signal, sys, threading
import heartbeat
from heartbeat import *
from support import is_asleep

sys.setswitchinterval(1000)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
main = threading.get_native_id()

def await_sleep():
    looks = 0
    while looks < 3:
        looks = looks + 1 if is_asleep(main) else 0
        heartbeat.sleep(0.0005)

def interrupt():
    await_sleep()
    sent = now()
    os.kill(os.getpid(), signal.SIGINT)
    return sent
"""

INTERRUPTED = """
def check(call, capacity):
    channel = Channel(capacity)
    while capacity and channel.try_send("queued"):
        pass
    before = channel.stats()
    code = compile(call, call, "exec")
    seconds = [interrupted_after(code, channel) for _ in range(4)]
    assert channel.stats() == before, (call, before, channel.stats())
    assert channel.try_recv() == ("queued" if capacity else None), call
    assert min(seconds) < 0.15, (call, seconds)

def interrupted_after(code, channel):
    try:
        killer = go(interrupt)
        exec(code)
        sys.exit(f"{code.co_filename} ended")
    except KeyboardInterrupt:
        return now() - killer.result()

task = go(nil.recv)
worker = Worker(lambda: nil.recv()).start()
"""

RECEIVING = [
    "channel.recv()",
    "channel.recv(timeout=1000)",
    "channel.recv(deadline=now() + 1000)",
    "channel.recv_many(5)",
    "next(channel)",
    "for value in channel: sys.exit('a value')",
    "nil.recv()",
]
SENDING = [
    "channel.send(1)",
    "channel.send(1, timeout=1000)",
    "channel.send(1, deadline=now() + 1000)",
    "channel.send_many([1, 2])",
    "channel.send_many(iter([1, 2]))",
    "nil.send(1)",
]
SELECTING = [
    "select()",
    "select(channel)",
    "select(channel, nil, after(1000), send(nil, 1), timeout=1000)",
    "select(*[channel, None] * 100, deadline=now() + 1000)",
    "Selector([channel, tick(1000), task]).select()",
]
SELECTING_TO_SEND = [
    "select(send(channel, 1))",
    "select(task, *[send(channel, 1)] * 100)",
    "Selector([send(channel, 1), nil]).select(timeout=1000)",
]
OTHERS = [
    "sleep(1000)",
    "task.join()",
    "task.join(1000)",
    "task.result()",
    "task.recv()",
    "after(1000).recv()",
    "after_func(1000, print).recv()",
    "tick(1000).recv()",
    "next(tick(1000))",
    "worker.join()",
    "worker.join(1000)",
    "worker.recv()",
    "next(worker)",
    "worker.__exit__(None, None, None)",
]


@pytest.mark.parametrize(("calls", "capacity"), [
    (RECEIVING, 0), (SENDING, 0), (SENDING, 3), (SELECTING, 0), (SELECTING_TO_SEND, 3), (OTHERS, 0),
], ids=["receiving", "sending", "sending-full", "selecting", "selecting-to-send", "others"])
def test_ctrl_c_ends_a_wait_that_then_has_had_no_effect(calls: list[str], capacity: int) -> None:
    loop = f"for call in {calls}: check(call, {capacity})"
    run_program(PRELUDE + INTERRUPTED + loop)


def test_ctrl_c_after_some_values_were_sent_keeps_those_and_sends_no_more() -> None:
    run_program(PRELUDE + """
channel = Channel(3)
try:
    go(interrupt)
    channel.send_many(range(10))
    sys.exit("it ended")
except KeyboardInterrupt:
    pass
channel.close()
assert list(channel) == [0, 1, 2]
""")


def test_ctrl_c_while_another_thread_computes() -> None:
    run_program(PRELUDE + """
sys.setswitchinterval(0.005)
stop = False
def compute():
    while not stop:
        pass
task = go(compute)
try:
    go(interrupt)
    Channel().recv()
except KeyboardInterrupt:
    stop = True
task.join()
""")


def test_interrupt_main_from_another_thread() -> None:
    run_program(PRELUDE + """
def interrupt_main():
    await_sleep()
    _thread.interrupt_main()
channel = Channel()
for call in (channel.recv, select, lambda: sleep(1000), go(nil.recv).join):
    begun = now()
    try:
        killer = go(interrupt_main)
        call()
        sys.exit("it ended")
    except KeyboardInterrupt:
        assert now() - begun < 30
    killer.join()
""")


def test_a_signal_taken_by_another_thread_ends_the_wait_of_the_main_thread() -> None:
    run_program(PRELUDE + """
channel = Channel()
got = []
other = threading.Thread(target=lambda: got.append(channel.recv()))
other.start()
def signal_other():
    while channel.stats().waiting_receivers != 2:
        heartbeat.sleep(0.0005)
    await_sleep()
    signal.pthread_kill(other.ident, signal.SIGINT)
begun = now()
try:
    go(signal_other)
    channel.recv()
    sys.exit("it ended")
except KeyboardInterrupt:
    assert now() - begun < 30
channel.send("still there")
other.join()
assert got == ["still there"]
""")


def test_tasks_leave_signals_to_the_main_thread() -> None:
    run_program(PRELUDE + """
handled = []
signal.signal(signal.SIGUSR1, lambda *_: handled.append(threading.get_native_id()))
tasks = [go(nil.recv) for _ in range(10)]
for _ in range(10):
    os.kill(os.getpid(), signal.SIGUSR1)
    try:
        nil.recv(timeout=0.01)
    except TimeoutError:
        pass
assert set(handled) == {main}, handled
""")
