"""The program ends when its main thread and its own threads have, whatever the engine's threads do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support import SOON, complete, not_thread_sanitized, run_program

pytestmark = not_thread_sanitized

PRELUDE = """
import atexit, sys, threading, time
import heartbeat
from heartbeat import *
from support import wait_for_receivers, wait_for_senders, wait_until

def wait_in_every_way():
    received, sent, timed, task = Channel(), Channel(), tick(1000), go(nil.recv)
    calls = [received.recv, lambda: sent.send(1), lambda: sent.send_many([1, 2]), select,
             lambda: received.recv_many(5), lambda: select(received, send(sent, 1), timed, task),
             Selector([received, timed]).select, lambda: sleep(1000), task.join, timed.recv,
             after(1000).recv, lambda: received.recv(timeout=1000), lambda: list(received)]
    wait_in_every_way.tasks = [go(call) for call in calls]  # kept, so that their ends are seen
    for call in calls:
        threading.Thread(target=call, daemon=True).start()
    after_func(1000, print)
    wait_for_receivers(received, 12)
    wait_for_senders(sent, 6)
"""


@contextmanager
def soon() -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < SOON


def test_nothing_that_waits_holds_up_the_end() -> None:
    with soon():
        assert run_program(PRELUDE + "wait_in_every_way()\nprint('end')") == "end\n"


@pytest.mark.parametrize(("end", "status", "errors"), [
    ("sys.exit(7)", 7, ""),
    ("sys.exit('complaint')", 1, "complaint\n"),
    ("raise SystemExit", 0, ""),
    ("del heartbeat, wait_in_every_way", 0, ""),
    ("import os; os._exit(3)", 3, ""),
])
def test_the_exit_status_is_the_programs(end: str, status: int, errors: str) -> None:
    with soon():
        run_program(PRELUDE + "wait_in_every_way()\n" + end, status=status, errors=errors)


def test_an_exception_of_the_main_thread_ends_the_program() -> None:
    with soon():
        done = complete(PRELUDE + "wait_in_every_way()\nraise ValueError('told')")
    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: told\n")
    assert done.stderr.count("Traceback") == 1


def test_threads_that_do_not_wait_in_the_engine_are_left_behind() -> None:
    with soon():
        run_program(PRELUDE + """
computing, called = Channel(), Channel()
def compute():
    computing.send(None)
    while True:
        pass
def nap():
    computing.send(None)
    time.sleep(1000)
def insist():
    computing.send(None)
    while True:
        try:
            nil.recv()
        except Error:
            pass
for fn in (compute, compute, nap, insist):
    go(fn)
    threading.Thread(target=fn, daemon=True).start()
    after_func(0, fn)
for _ in range(12):
    computing.recv()
""")


def test_waits_of_tasks_end_with_stopped_again_and_again() -> None:
    printed = run_program(PRELUDE + """
channel = Channel()
def say(text):
    sys.stdout.write(text + "\\n")
    sys.stdout.flush()
def wait(number):
    for _ in range(3):
        try:
            channel.recv()
        except Stopped as stopped:
            say(f"{number} {stopped}")
tasks = [go(wait, number) for number in range(5)]
wait_for_receivers(channel, 5)
""")
    told = [f"{number} the engine has stopped" for number in range(5) for _ in range(3)]
    assert sorted(printed.splitlines()) == told


def test_finally_clauses_run() -> None:
    printed = run_program(PRELUDE + """
channel, numbers, ended = Channel(), Channel(2), Channel(None)
numbers.send_many([1, 2])
def wait():
    try:
        for value in channel:
            print(value)
    finally:
        ended.send(True)  # needs no waiting, so it works
        sys.stdout.write(f"finally {numbers.recv()}\\n")
        sys.stdout.flush()
def wait_for_a_timer():
    try:
        after(1000).recv()
    finally:
        wait()
go(wait)
go(wait_for_a_timer)
wait_for_receivers(channel)
""")
    assert sorted(printed.splitlines()) == ["finally 1", "finally 2"]


def test_threads_of_the_program_use_the_engine_to_their_end() -> None:
    assert run_program(PRELUDE + """
main_has_ended = threading.main_thread().join
def work():
    main_has_ended()
    channel = Channel()
    assert go(lambda: channel.recv()).join is not None
    channel.send("by a task")
    after_func(0.001, lambda: channel.send("called"))
    assert select(channel, after(1000)).value == "called"
    assert tick(0.001).recv() <= now()
    assert go(lambda: "result").result() == "result"
    print("worked")
threading.Thread(target=work).start()
""") == "worked\n"


def test_exit_functions_use_the_engine_until_it_stops() -> None:
    """They run last in, first out: those registered before the import find it stopped."""
    assert run_program("""
import atexit
def after_the_stop():
    try:
        heartbeat.go(print)
    except heartbeat.Stopped:
        print("stopped")
    channel = heartbeat.Channel(1)
    channel.send("still there")
    print(channel.recv())
    assert heartbeat.after(0.001).recv() <= heartbeat.now()
def before_the_stop():
    print(heartbeat.go(lambda: "running").result())
atexit.register(after_the_stop)
import heartbeat
atexit.register(before_the_stop)
""") == "running\nstopped\nstill there\n"


@pytest.mark.parametrize("keep", ["task = {}", "{}", "sys.modules['kept'] = [{}]",
                                  "cycle = [{}]; cycle.append(cycle); del cycle", "del heartbeat; task = {}"])
def test_an_exception_nobody_looked_at_is_told_once(keep: str) -> None:
    done = complete(PRELUDE + f"""
ended = Channel()
def fail():
    ended.close()
    raise ValueError("told")
{keep.format("go(fail, name='failing')")}
assert not select(ended).ok
""")
    assert done.returncode == 0
    assert done.stderr.startswith("Exception in thread failing:\nTraceback")
    assert done.stderr.endswith("ValueError: told\n")
    assert done.stderr.count("ValueError: told") == 1


def test_threads_that_wait_for_short_times_at_the_end() -> None:
    """Some of them wake while the interpreter is being taken down."""
    for _ in range(5):
        run_program(PRELUDE + """
channels = [Channel() for _ in range(20)]
def wait_again_and_again():
    while True:
        try:
            select(*channels, tick(1e-4), timeout=2e-4)
        except TimeoutError:
            pass
for _ in range(4):
    threading.Thread(target=wait_again_and_again, daemon=True).start()
    go(wait_again_and_again)
def call_again():
    timer.reset(1e-4)
timer = after_func(3600, call_again)
timer.reset(0)
sleep(0.02)
""")


def test_destructors_may_use_the_engine_at_the_end() -> None:
    assert run_program(PRELUDE + """
class Item:
    def __init__(self, channel):
        self.channel = channel
    def __del__(self):
        self.channel.send("sent")
        sys.stdout.write(self.channel.recv() + "\\n")
channel = Channel(None)
channel.send(Item(Channel(1)))
cycle = Channel(1)
cycle.send([cycle, Item(Channel(1))])
kept = Item(Channel(1))
""") == "sent\n" * 3
