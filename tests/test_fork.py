"""The child of a fork has none of the parent's threads, and everything made afresh works in it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import not_address_sanitized, not_thread_sanitized, run_program

pytestmark = [pytest.mark.skipif(not hasattr(os, "fork"), reason="forks"),
              not_address_sanitized, not_thread_sanitized]

PRELUDE = """
import os, signal, sys, threading, traceback
import heartbeat
from heartbeat import *
from support import wait_for_receivers, wait_for_senders, wait_until

def in_child(check):
    pid = os.fork()
    if pid:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        return
    signal.alarm(100)
    try:
        check()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)
"""

EVERY_WAIT = """
received, sent, full = Channel(), Channel(), Channel(1)
full.send("queued")
done, ticker, fired = Channel(), tick(1000), Channel()
selector = Selector([done, ticker])
after_func(0, lambda: fired.send(None))  # leaves an idle thread
fired.recv()
pending = after_func(1000, os.abort)
threads = [threading.Thread(target=received.recv), threading.Thread(target=select, args=(done,))]
for thread in threads:
    thread.start()
tasks = [go(received.recv), go(sent.send, 1), go(full.send, 2), go(select, done, ticker),
         go(selector.select), go(done.recv), go(ticker.recv, timeout=1000)]
tasks.append(go(tasks[5].join))
wait_for_receivers(received, 2)
wait_for_receivers(done, 4)
wait_for_senders(sent)
wait_for_senders(full)
"""

END = """
done.close()
received.send_many([1, 2])
assert sent.recv() == 1 and full.recv() == "queued" and full.recv() == 2
ticker.reset(0.001)
assert pending.stop()
for thread in threads + tasks:
    thread.join()
assert [isinstance(task.exception, Closed) for task in tasks] == [task is tasks[5] for task in tasks]
"""

WORKS = """
def works():
    channel = Channel()
    task = go(lambda: [channel.recv(), select(channel, after(1000)).value])
    channel.send("one")
    select(send(channel, "two"), nil)
    assert task.result() == ["one", "two"]
    after_func(0.001, lambda: channel.send("called"))
    assert channel.recv() == "called"
    assert after(0.001).recv() <= now()
    sleep(0.001)
    workers = [go(channel.recv) for _ in range(20)]
    wait_for_receivers(channel, 20)
    assert channel.send_many(range(20)) == 20
    assert sorted(worker.result() for worker in workers) == list(range(20))
    assert Selector([channel, tick(0.001)]).select().ok
"""


def test_fresh_things_work_in_the_child_and_the_parent_goes_on() -> None:
    run_program(PRELUDE + EVERY_WAIT + WORKS + """
for _ in range(3):
    in_child(works)
works()
""" + END)


def test_waiters_of_the_parent_swallow_nothing_in_the_child() -> None:
    run_program(PRELUDE + EVERY_WAIT + """
def check():
    assert not received.try_send(1)
    assert sent.try_recv() is None
    assert full.recv() == "queued" and full.try_recv() is None
    for channel in received, sent, full, done:
        stats = channel.stats()
        assert stats.waiting_receivers == stats.waiting_senders == stats.longest_wait == 0
        task = go(channel.recv)
        wait_for_receivers(channel)
        assert channel.try_send("child's")
        assert task.result() == "child's"
        assert channel.close()
    ticker.reset(0.001)
    assert ticker.recv() <= now()
in_child(check)
""" + END)


def test_a_fork_waits_for_threads_that_begin() -> None:
    """Where there is no interpreter lock, a thread may stop the world as it begins: who forked just
    then had a child that could never do so again, and hung in its next collection.
    """
    program = PRELUDE + """
import gc
channel = Channel()
tasks = [go(channel.recv) for _ in range(3)]
in_child(gc.collect)
channel.close()
[task.join() for task in tasks]
assert all(task.exception for task in tasks)
"""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run_program, [program] * 24))


def test_new_threads_may_lie_where_lost_waiters_lay() -> None:
    """The C library gives the stacks of lost threads to new ones."""
    run_program(PRELUDE + """
ours = Channel()
tasks = [go(ours.recv) for _ in range(5)]
wait_for_receivers(ours, 5)
def check():
    other = Channel()
    others = [go(other.recv) for _ in range(5)]
    wait_for_receivers(other, 5)
    assert ours.stats().waiting_receivers == 0
    assert not ours.try_send("lost")
    other.send_many([1] * 5)
    assert [task.result() for task in others] == [1] * 5
in_child(check)
ours.close()
[task.join() for task in tasks]
assert all(task.exception for task in tasks)
""")


def test_a_lock_that_was_held_at_the_fork_is_free_in_the_child() -> None:
    run_program(PRELUDE + """
channels = [Channel() for _ in range(1000)]
stop = Channel()
def churn():
    while not stop.closed:
        try:
            select(*channels, timeout=1e-4)
        except TimeoutError:
            pass
tasks = [go(churn) for _ in range(3)]
def check():
    assert not any([channel.try_send(1) for channel in channels])
for _ in range(100):
    in_child(check)
stop.close()
[task.join() for task in tasks]
""")


def test_tasks_of_the_parent_have_ended_in_the_child() -> None:
    run_program(PRELUDE + """
never, failed = Channel(), ValueError("told")
def fail():
    raise failed
tasks = [go(never.recv), go(lambda: "result"), go(fail)]
[task.join() for task in tasks[1:]]
wait_for_receivers(never)
def check():
    running, returned, raised = tasks
    for task in tasks:
        task.join(0)
        assert task.done
        assert select(task, timeout=0) == (0, None, False)
        repr(task)
    assert running.exception is None
    try:
        running.result()
        assert False
    except Stopped:
        pass
    assert returned.result() == "result" and raised.exception is failed
    assert Selector(tasks).select(timeout=0).ok is False
in_child(check)
assert not tasks[0].done
never.send(1)
assert tasks[0].result() == 1
assert tasks[2].exception is failed
""")


def test_what_is_queued_is_in_both() -> None:
    run_program(PRELUDE + """
channel, timer = Channel(3), Timer(0.05)
channel.send_many("abc")
def check():
    channel.close()
    assert list(channel) == list("abc")
    assert timer.recv() == timer_due
timer_due = timer.due
in_child(check)
assert not channel.closed and channel.recv_many(5) == list("abc")
assert timer.recv() == timer_due
""")


def test_a_watchdog_is_in_both_and_who_waits_for_it_in_the_parent() -> None:
    run_program(PRELUDE + """
watchdog, told = Watchdog(0.05), Channel()
watchdog.stop()
waiting = go(lambda: select(told, watchdog).value)
wait_for_receivers(told)
def check():
    watchdog.beat()
    due = watchdog.due
    assert watchdog.recv(timeout=30) == due
in_child(check)
assert watchdog.due is None and not waiting.done
watchdog.beat()
due = watchdog.due
assert waiting.result(30) == due
""")


def test_heartbeats_beat_in_both() -> None:
    run_program(PRELUDE + """
beat, kept, dropped = Heartbeat("beat"), Heartbeat(), Heartbeat(keep=0)
kept.pulse()
task = go(list, beat.pulses)
open_unit = beat.unit("open")
open_unit.__enter__()
wait_until(lambda: beat.pulses.waiting == 1)
def check():
    assert beat.pulses.waiting == 0 and beat.stats().unit == "open"
    assert kept.recv() and kept.try_recv() is None
    for _ in range(100):
        listener = go(beat.recv)
        wait_until(lambda: beat.pulses.waiting == 1)
        beat.pulse()
        listener.join()
    open_unit.__exit__()
    assert beat.stats().units == 1 and beat.close() and dropped.close()
    with Heartbeat("child's") as own, own.unit():
        assert {stats.name for stats in snapshot()} == {None, "child's"}
    assert select(own).ok and not select(own).ok
in_child(check)
assert not beat.closed and beat.stats().unit == "open" and beat.stats().pulses == 1
assert kept.recv() and not dropped.closed
beat.close()
assert len(task.result()) == 1
""")


def test_workers_of_the_parent_have_ended_in_a_child() -> None:
    assert run_program(PRELUDE + """
def work(ctx):
    while True:
        ctx.send(ctx.recv(jobs))

jobs, done = Channel(), Channel()
workers = [Worker(work, interval=0.001, done=done, name=str(number)).start() for number in range(3)]
wait_for_receivers(jobs, 3)
def check():
    for worker in workers:
        worker.join(30)
        assert worker.state == "stopped" and worker.exception is None
        assert list(worker) == [] and len(list(worker.pulses)) <= 1 and worker.beat.closed
        worker.stop()
    done.close()
    afresh = Worker(work, interval=0.001).start()
    afresh.pulses.recv(timeout=30)
    jobs.send(5, timeout=30)
    assert afresh.recv(timeout=30) == 5
    afresh.stop()
    afresh.join(30)
in_child(check)
for number, worker in enumerate(workers):
    jobs.send(number)
    assert select(*workers).value == number
done.close()
for worker in workers:
    worker.join(30)
print("parent", workers[0].state)
""") == "parent stopped\n"


def test_functions_to_be_called_are_the_parents() -> None:
    run_program(PRELUDE + """
parent, calls = os.getpid(), Channel(None)
def called():
    calls.send(os.getpid())
timers = [after_func(0.2, called) for _ in range(20)]
def check():
    assert not any(timer.active or timer.stop() for timer in timers)
    assert not timers[0].reset(0.3)
    assert calls.recv() == os.getpid()
    assert calls.try_recv() is None
in_child(check)
assert [calls.recv() for _ in timers] == [parent] * 20
""")


def test_a_task_may_fork() -> None:
    run_program(PRELUDE + EVERY_WAIT + WORKS + """
def check():
    works()
    handled = Channel(1)
    signal.signal(signal.SIGUSR1, lambda *_: handled.send(True))
    os.kill(os.getpid(), signal.SIGUSR1)
    assert handled.recv()
go(in_child, check).result()
""" + END)


def test_a_thread_that_forks_becomes_the_main_thread() -> None:
    run_program(PRELUDE + """
def check():
    handled = Channel(1)
    signal.signal(signal.SIGUSR1, lambda *_: handled.send(True))
    def kill():
        wait_for_receivers(handled)
        os.kill(os.getpid(), signal.SIGUSR1)
    go(kill)
    assert handled.recv()
thread = threading.Thread(target=in_child, args=(check,))
thread.start()
thread.join()
""")


def test_multiprocessing_forks() -> None:
    assert run_program(PRELUDE + EVERY_WAIT + WORKS + """
import multiprocessing
def work():
    works()
    go(nil.recv)
    os.write(1, b"worked\\n")
processes = [multiprocessing.get_context("fork").Process(target=work) for _ in range(3)]
for process in processes:
    process.start()
for process in processes:
    process.join()
    assert process.exitcode == 0
""" + END) == "worked\n" * 3
