"""How a worker ends: in one order, with what it raised, and with the program."""

from __future__ import annotations

import gc
import sys
import threading
from typing import Any

import pytest

import heartbeat
from heartbeat import Channel, Closed, Stopped, Task, Worker, WorkerContext, go, nil, select
from support import SANITIZED, SOON, complete, not_thread_sanitized, run_program, wait_until

Told = list[threading.ExceptHookArgs]


def fail(error: BaseException) -> None:
    raise error


# ---- the order ----


def watch_end(worker: Worker[Any], log: list[Any]) -> None:
    """Follow the pulses to their end; by then the results must be closed."""
    for _ in worker.pulses:
        pass
    log.append(worker.results.closed)


def test_results_close_before_the_pulses_and_both_before_join() -> None:
    for turn in range(200):
        log: list[bool] = []
        worker = Worker([lambda ctx: None, lambda ctx: fail(SystemExit()), lambda ctx: ctx.sleep(1000)][turn % 3])
        watcher = go(watch_end, worker, log)
        worker.start()
        if turn % 3 == 2:
            worker.stop()
        worker.join(SOON)
        assert worker.results.closed and worker.pulses.closed and worker.beat.closed
        watcher.result(SOON)
        assert log == [True]


def test_at_the_stop_the_pending_result_is_dropped_and_both_close() -> None:
    class Result:
        pass

    def work(ctx: WorkerContext) -> None:
        ctx.send(Result())

    worker = Worker(work, interval=0.001).start()
    wait_until(lambda: worker.results.stats().waiting_senders)
    first = select(worker.results, worker.pulses, timeout=SOON, biased=True)
    assert isinstance(first.value, Result)
    del first
    worker = Worker(work, interval=0.001).start()
    wait_until(lambda: worker.results.stats().waiting_senders)
    worker.stop()
    with pytest.raises(Closed) as caught:
        worker.recv(timeout=SOON)
    assert caught.value.cause is None
    for instant in worker.pulses:
        assert isinstance(instant, float)
    worker.join(SOON)
    gc.collect()
    assert not any(isinstance(thing, Result) for thing in gc.get_objects())


def test_results_with_room_can_be_had_after_the_end() -> None:
    worker = Worker(lambda ctx: [ctx.send(number) for number in range(3)], results=None).start()
    worker.join(SOON)
    assert worker.recv() == 0 and next(worker) == 1 and list(worker) == [2]


@pytest.mark.parametrize("keep", [True, False])
def test_a_kept_pulse_outlives_the_worker(keep: bool) -> None:
    worker = Worker(lambda ctx: ctx.send(1), results=1)
    worker.start().join(SOON)
    assert len(list(worker.pulses)) == 1
    with pytest.raises(Closed):
        worker.pulses.recv()


# ---- exceptions ----


def test_results_are_closed_with_what_it_raised() -> None:
    error = ValueError("told")
    worker = Worker(lambda ctx: fail(error)).start()
    for receive in (worker.recv, worker.results.recv):
        with pytest.raises(Closed) as caught:
            receive(timeout=SOON)
        assert caught.value.cause is error is caught.value.__cause__
    worker.join(SOON)
    assert worker.exception is error and worker.state == "raised" and "told" in repr(worker)


def test_join_never_raises_what_it_raised(told: Told) -> None:
    worker = Worker(lambda ctx: fail(ValueError("told"))).start()
    assert worker.join(SOON) is None
    with worker:
        pass
    assert not told


def test_an_exception_nobody_looked_at_is_told_when_the_worker_is_dropped(told: Told) -> None:
    error = ValueError("told")
    worker = Worker(lambda ctx: fail(error), name="failing").start()
    worker.join(SOON)
    repr(worker)
    assert list(worker) == [] and select(worker) == (0, None, False)
    assert not told
    del worker
    gc.collect()
    [call] = told
    assert call.exc_type is ValueError and call.exc_value is error
    assert call.exc_traceback is error.__traceback__ is not None
    assert call.thread is not None and call.thread.name == "failing"


def test_it_is_told_of_a_worker_that_was_dropped_before_its_end(told: Told) -> None:
    Worker(lambda ctx: fail(ValueError("told"))).start()
    wait_until(lambda: told)
    assert [str(call.exc_value) for call in told] == ["told"]


@pytest.mark.parametrize("look", [
    lambda worker: worker.exception,
    lambda worker: pytest.raises(Closed, worker.recv),
    lambda worker: pytest.raises(Closed, worker.results.recv),
    lambda worker: pytest.raises(Closed, worker.try_recv),
], ids=["exception", "recv", "results", "try_recv"])
def test_looking_at_an_exception_is_enough(told: Told, look: Any) -> None:
    worker = Worker(lambda ctx: fail(ValueError("seen"))).start()
    worker.join(SOON)
    look(worker)
    del worker
    gc.collect()
    assert not told


def test_it_is_told_once_even_if_the_hook_keeps_the_worker(told: Told) -> None:
    worker = Worker(lambda ctx: fail(KeyboardInterrupt("told"))).start()
    worker.join(SOON)
    del worker
    [call] = told
    assert isinstance(call.thread, Worker)
    assert call.thread.exception is call.exc_value
    told.clear()
    del call
    gc.collect()
    assert not told


def test_quiet_ends(told: Told) -> None:
    for error, state in ((SystemExit(5), "raised"), (Stopped("enough"), "stopped")):
        worker = Worker(lambda ctx, error=error: fail(error)).start()  # type: ignore[misc]
        worker.join(SOON)
        assert worker.state == state
        assert worker.exception is (error if state == "raised" else None)
        del worker
    gc.collect()
    assert not told


def test_an_exception_after_the_stop_is_one_all_the_same() -> None:
    def work(ctx: WorkerContext) -> None:
        try:
            ctx.recv(nil)
        finally:
            raise KeyError("cleaning up")

    with Worker(work) as worker:
        pass
    assert worker.state == "raised" and isinstance(worker.exception, KeyError)


def test_results_that_somebody_else_closed() -> None:
    worker = Worker(lambda ctx: ctx.send(1))
    worker.results.close("enough")
    worker.start().join(SOON)
    assert isinstance(worker.exception, Closed) and worker.exception.cause == "enough"
    with pytest.raises(Closed) as caught:
        worker.recv()
    assert caught.value.cause == "enough"


def test_a_beat_that_somebody_else_closed() -> None:
    def work(ctx: WorkerContext) -> None:
        ctx.send(1)
        ctx.pulse()

    worker = Worker(work, results=1)
    worker.beat.close()
    worker.start().join(SOON)
    assert worker.recv() == 1 and isinstance(worker.exception, Closed)


# ---- signals, exit ----


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_ctrl_c_while_iterating_over_results() -> None:
    assert run_program("""
import os, signal, threading
import heartbeat
from heartbeat import *
from support import is_asleep
signal.signal(signal.SIGINT, signal.default_int_handler)
main = threading.get_native_id()
gate = Channel()

def work(ctx):
    for number in range(3):
        ctx.send(number)
    while not is_asleep(main):
        ctx.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)
    ctx.recv(gate)
    ctx.send("still there")

with Worker(work, interval=0.001) as worker:
    seen = []
    try:
        for result in worker:
            seen.append(result)
    except KeyboardInterrupt:
        print("interrupted", seen)
    gate.send(None)
    print(list(worker))
print(worker.state)
""") == "interrupted [0, 1, 2]\n['still there']\nreturned\n"


@not_thread_sanitized
def test_at_the_exit_waits_end_with_stopped() -> None:
    printed = run_program("""
import sys
import heartbeat
from heartbeat import *
from support import wait_for_receivers, wait_for_senders

def say(text):
    sys.stdout.write(text + "\\n")
    sys.stdout.flush()

def wait(ctx):
    for call in (lambda: ctx.recv(jobs), lambda: ctx.sleep(1000), lambda: ctx.send(1), ctx.select):
        try:
            call()
        except Stopped as stopped:
            say(str(stopped))
    jobs.recv()

def generate():
    try:
        yield 1
    finally:
        say("finally")

jobs = Channel()
kept = [Worker(wait, interval=0.001).start(), Worker(generate).start()]
Worker(wait).start()
wait_for_receivers(jobs, 2)
wait_for_senders(kept[1].results)
""")
    assert sorted(printed.splitlines()) == ["finally", *["the engine has stopped"] * 8]


@not_thread_sanitized
def test_workers_that_compute_are_left_behind() -> None:
    run_program("""
from heartbeat import *
computing = Channel()
def compute(ctx):
    computing.send(None)
    while True:
        pass
def generate():
    computing.send(None)
    while True:
        yield
workers = [Worker(compute).start(), Worker(generate, results=None).start(), Worker(compute)]
for _ in range(2):
    computing.recv()
""")


@not_thread_sanitized
@pytest.mark.parametrize("keep", ["worker = {}", "{}", "cycle = [{}]; cycle.append(cycle); del cycle"])
def test_an_exception_is_told_at_the_exit(keep: str) -> None:
    done = complete("""
from heartbeat import *
def fail():
    raise ValueError("told")
""" + keep.format("Worker(fail, name='failing').start()") + """
sleep(0.05)
""")
    assert done.returncode == 0
    assert done.stderr.startswith("Exception in thread failing:\nTraceback")
    assert done.stderr.count("ValueError: told") == 1


@pytest.mark.skipif(SANITIZED, reason="a sanitizer gives up where the system refuses it memory")
def test_no_more_threads() -> None:
    run_program("""
import resource, sys
from heartbeat import *
from support import memory
gate = Channel()
soft = memory(0) + (64 << 20)
worker = Worker(lambda ctx: ctx.sleep(1000))
resource.setrlimit(resource.RLIMIT_AS, (soft, resource.RLIM_INFINITY))
workers = []
try:
    while True:
        workers.append(Worker(lambda ctx: ctx.recv(gate)).start())
except RuntimeError as error:
    assert "thread" in str(error)
else:
    sys.exit("no end of threads")
try:
    worker.start()
except RuntimeError:
    assert worker.state == "new"
else:
    sys.exit("one more thread")
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
for one in workers:
    one.stop()
for one in workers:
    one.join(100)
assert worker.start().state == "running"
worker.stop()
worker.join(100)
""")


def test_a_task_can_watch_over_a_worker() -> None:
    """What joins and what waits for results may be other threads, and many."""
    worker = Worker(lambda ctx: ctx.sleep(1000)).start()
    waiting: list[Task[Any]] = [go(worker.join) for _ in range(5)]
    waiting += [go(list, worker) for _ in range(5)] + [go(heartbeat.select, worker, nil) for _ in range(5)]
    worker.stop()
    for task in waiting:
        task.join(SOON)
        assert task.exception is None
