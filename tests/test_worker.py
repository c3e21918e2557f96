"""Worker: the book's doWork as one object. Results, pulses, stop, join, states."""

from __future__ import annotations

import functools
import gc
import sys
import threading
import time
import weakref
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from heartbeat import (
    Channel,
    Closed,
    Error,
    Heartbeat,
    Pulses,
    Selector,
    Source,
    Worker,
    WorkerContext,
    go,
    nil,
    now,
    select,
    send,
    sleep,
    try_select,
)
from support import QUIET, SOON, not_thread_sanitized, wait_for_receivers, wait_until

Told = list[threading.ExceptHookArgs]


def double(jobs: Channel[int]) -> Any:
    """The book's worker: work in, results out, for ever."""

    def work(ctx: WorkerContext) -> None:
        while True:
            ctx.send(2 * ctx.recv(jobs))

    return work


# ---- work and results ----


def test_the_worker_of_the_book() -> None:
    jobs: Channel[int] = Channel(3)
    jobs.send_many([1, 2, 3])
    with Worker(double(jobs), interval=0.01) as worker:
        assert [worker.recv(timeout=SOON) for _ in range(3)] == [2, 4, 6]
    assert worker.state == "stopped"


def test_a_worker_is_the_source_of_its_results() -> None:
    jobs: Channel[int] = Channel(None)
    jobs.send_many(range(5))
    with Worker(double(jobs)) as worker:
        assert isinstance(worker, Source)
        assert worker.recv(timeout=SOON) == 0
        assert worker.results.recv(timeout=SOON) == 2
        assert next(worker) == 4
        selected = select(nil, worker, timeout=SOON)
        assert selected == (1, 6, True) and selected.source is worker
        assert Selector([worker]).select(timeout=SOON).value == 8
        assert try_select(worker) is None and worker.try_recv("none") == "none"
    with pytest.raises(Closed):
        worker.recv()
    assert select(worker) == (0, None, False)


def test_iterating_over_a_worker_ends_with_it() -> None:
    worker = Worker(lambda ctx: [ctx.send(square * square) for square in range(10)]).start()
    assert iter(worker) is worker
    assert list(worker) == [square * square for square in range(10)]
    worker.join(SOON)
    assert list(worker) == [] and worker.state == "returned"


def test_a_loop_over_a_new_worker_starts_it() -> None:
    worker = Worker(lambda ctx: [ctx.send(number) for number in range(3)])
    assert list(worker) == [0, 1, 2]
    with pytest.raises(Error, match="started"):
        worker.start()


def test_results_before_the_start() -> None:
    worker = Worker(lambda ctx: ctx.send("result"))
    receiver = go(worker.results.recv)
    listener = go(worker.pulses.recv)
    wait_for_receivers(worker.results)
    assert worker.state == "new" and worker.try_recv() is None
    worker.start()
    assert receiver.result(SOON) == "result"
    assert listener.result(SOON) <= now()


def test_results_have_room_if_asked_for() -> None:
    for capacity in (0, 3, None):
        assert Worker(print, results=capacity).results.capacity == capacity
    worker = Worker(lambda ctx: [ctx.send(number) for number in range(3)], results=3).start()
    worker.join(SOON)
    assert worker.state == "returned"
    assert list(worker) == [0, 1, 2]


def test_typed_results(told: Told) -> None:
    worker = Worker(lambda ctx: ctx.send(2**60), dtype="q", results=1).start()
    worker.join(SOON)
    assert worker.results.dtype == "q" and list(worker) == [2**60]
    worker = Worker(lambda ctx: ctx.send("text"), dtype="d").start()
    worker.join(SOON)
    assert isinstance(worker.exception, TypeError)


def test_work_of_every_sort() -> None:
    class Work:
        def method(self, ctx: WorkerContext) -> None:
            ctx.send("method")

        def nothing(self) -> None:
            ran.append("nothing")

        def __call__(self, ctx: WorkerContext) -> None:
            ctx.send("object")

        @staticmethod
        def plain(ctx: WorkerContext, extra: int = 5) -> None:
            ctx.send(extra)

    def anything(*args: Any) -> None:
        args[0].send(len(args))

    def first(extra: int, ctx: WorkerContext) -> None:
        ctx.send(extra)

    works: list[tuple[Any, Any]] = [
        (work := Work(), "object"), (work.method, "method"), (work.plain, 5), (anything, 1),
        (functools.partial(first, 7), 7), (functools.partial(anything), 1), (decorated(work.plain), 5),
    ]
    for given, result in works:
        worker = Worker(given, results=1).start()
        assert worker.recv(timeout=SOON) == result
    ran: list[Any] = []
    for given in (work.nothing, lambda: ran.append("lambda"), lambda bound=5: ran.append(bound), list,
                  functools.partial(ran.append, "partial"), decorated(work.nothing)):
        Worker(given).start().join(SOON)
    assert ran == ["nothing", "lambda", 5, "partial", "nothing"]


def decorated(work: Any) -> Any:
    @functools.wraps(work)
    def wrapper(*args: Any) -> Any:
        return work(*args)

    return wrapper


def test_work_that_cannot_be_called_so() -> None:
    def keyword(ctx: WorkerContext, *, needed: int) -> None:
        pass

    class Two:
        def __call__(self, one: int, two: int) -> None:
            pass

    for bad in (5, None, "work", object(), Channel()):
        with pytest.raises(TypeError, match="work must be callable, not"):
            Worker(bad)
    for bad in (lambda one, two: None, keyword, Two(), Two().__call__, decorated(Two())):
        with pytest.raises(TypeError, match="work must take a WorkerContext or nothing: "):
            Worker(bad)


# ---- what it tells of itself ----


def test_names() -> None:
    def comm() -> str:
        return Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text().rstrip("\n")

    worker = Worker(lambda ctx: ctx.send(comm()), results=1, name="loader").start()
    assert worker.name == worker.beat.name == worker.results.name == "loader"
    if sys.platform.startswith("linux"):
        assert worker.recv(timeout=SOON) == "loader"
    assert "comm" in Worker(comm).name
    assert Worker(Channel).name != Worker(Channel).name


def test_it_has_parts() -> None:
    worker = Worker(print, interval=0.5, timeout=2.0)
    assert isinstance(worker.beat, Heartbeat) and worker.beat is worker.beat
    assert (worker.beat.interval, worker.beat.timeout) == (0.5, 2.0)
    assert isinstance(worker.pulses, Pulses) and worker.pulses is worker.beat.pulses
    assert isinstance(worker.results, Channel) and worker.results is worker.results
    assert worker.ident is None and worker.exception is None


def test_states_of_a_life() -> None:
    gate: Channel[None] = Channel()

    def work(ctx: WorkerContext) -> None:
        gate.recv()
        gate.recv()

    worker = Worker(work)
    states = [worker.state]
    worker.start()
    states.append(worker.state)
    gate.send(None)
    worker.stop()
    states.append(worker.state)
    assert "stopping" in repr(worker)
    gate.send(None)
    worker.join(SOON)
    assert [*states, worker.state] == ["new", "running", "stopping", "returned"]
    assert worker.name in repr(worker) and "returned" in repr(worker)


def test_ident_is_the_threads() -> None:
    worker = Worker(lambda ctx: ctx.send(threading.get_ident()), results=1).start()
    assert worker.recv(timeout=SOON) == worker.ident != threading.get_ident()


def test_the_work_may_look_at_its_worker() -> None:
    seen: list[Any] = []

    def work(ctx: WorkerContext) -> None:
        seen.extend([worker.state, worker.exception, worker.ident == threading.get_ident()])
        with pytest.raises(Error, match="itself"):
            worker.join()
        with pytest.raises(Error, match="already"):
            worker.start()

    worker = Worker(work)
    worker.start().join(SOON)
    assert seen == ["running", None, True] and worker.state == "returned"


def test_context_variables_are_those_of_who_starts_it() -> None:
    variable = ContextVar("variable", default="default")
    worker = Worker(lambda ctx: ctx.send(variable.get()), results=1)
    variable.set("at the start")
    assert worker.start().recv(timeout=SOON) == "at the start"


# ---- start, stop, join ----


def test_a_worker_starts_once() -> None:
    worker = Worker(print, name="once")
    assert worker.start() is worker
    for _ in range(2):
        with pytest.raises(Error, match="'once' has been started already"):
            worker.start()
        worker.join(SOON)


def test_join_needs_a_start() -> None:
    worker = Worker(print)
    for joining in (worker.join, lambda: worker.join(0), lambda: worker.__exit__(None, None, None)):
        with pytest.raises(Error, match="not been started"):
            joining()


def test_join_waits_as_long_as_it_is_told() -> None:
    worker = Worker(lambda ctx: ctx.sleep(1000)).start()
    begun = now()
    for wait in (0.02, 0):
        with pytest.raises(TimeoutError):
            worker.join(wait)
    with pytest.raises(TimeoutError):
        worker.join(deadline=now() + 0.02)
    assert now() - begun >= 0.04
    joining = [go(worker.join) for _ in range(5)]
    worker.stop()
    for one in joining:
        one.result(SOON)
    worker.join(0)


def test_stop_again_and_again() -> None:
    worker = Worker(lambda ctx: ctx.sleep(1000)).start()
    for _ in range(3):
        assert worker.stop() is None
    worker.join(SOON)
    worker.stop()
    assert worker.state == "stopped"


def test_stop_before_the_start() -> None:
    begun: list[str] = []

    def work(ctx: WorkerContext) -> None:
        begun.append("began")
        ctx.send(1)

    worker = Worker(work)
    worker.stop()
    assert worker.state == "new"
    worker.start().join(SOON)
    assert worker.state == "stopped" and begun == ["began"] and list(worker) == []


@pytest.mark.parametrize("interval", [None, 0.001])
@pytest.mark.parametrize("wait", ["send", "recv", "select", "select-nothing", "sleep", "sending-select"])
def test_stop_ends_every_wait(wait: str, interval: float | None) -> None:
    jobs: Channel[int] = Channel()
    waits = {
        "send": lambda ctx: ctx.send(1),
        "recv": lambda ctx: ctx.recv(jobs),
        "select": lambda ctx: ctx.select(jobs, nil, None),
        "select-nothing": lambda ctx: ctx.select(),
        "sleep": lambda ctx: ctx.sleep(1000),
        "sending-select": lambda ctx: ctx.select(*[None] * 20, send(jobs, 1)),
    }
    worker = Worker(waits[wait], interval=interval).start()
    with pytest.raises(TimeoutError):
        worker.join(0.01)
    worker.stop()
    worker.join(SOON)
    assert worker.state == "stopped" and worker.exception is None
    assert worker.results.stats().sends == jobs.stats().sends == 0
    assert jobs.stats().waiting_receivers == jobs.stats().waiting_senders == 0


def test_stop_while_it_computes() -> None:
    running: Channel[None] = Channel()

    def compute(ctx: WorkerContext) -> None:
        running.send(None)
        while not ctx.stopping:
            pass

    def pulse(ctx: WorkerContext) -> None:
        running.send(None)
        while True:
            ctx.pulse()

    for work in (compute, pulse):
        worker = Worker(work).start()
        running.recv(timeout=SOON)
        worker.stop()
        worker.join(SOON)
        assert worker.state == "stopped"


def test_a_with_block_that_raises_stops_the_worker() -> None:
    with pytest.raises(KeyError, match="body"), Worker(lambda ctx: ctx.sleep(1000)) as worker:
        assert worker.state == "running"
        raise KeyError("body")
    assert worker.state == "stopped"


def test_a_started_worker_can_be_used_with_with() -> None:
    with Worker(lambda ctx: ctx.sleep(1000)).start() as worker:
        assert worker.state == "running"
    assert worker.state == "stopped"


# ---- done= ----


def test_a_channel_as_done_stops_it() -> None:
    done: Channel[None] = Channel()
    worker = Worker(lambda ctx: ctx.sleep(1000), done=done).start()
    with pytest.raises(TimeoutError):
        worker.join(QUIET)
    done.close()
    worker.join(SOON)
    assert worker.state == "stopped"


def test_one_done_stops_many() -> None:
    done: Channel[None] = Channel()
    workers = [Worker(lambda ctx: ctx.sleep(1000), done=done).start() for _ in range(10)]
    done.close()
    for worker in workers:
        worker.join(SOON)


def test_a_value_sent_on_done_stops_one() -> None:
    done: Channel[Any] = Channel()

    class Value:
        pass

    value = Value()
    watch = weakref.ref(value)
    worker = Worker(lambda ctx: ctx.sleep(1000), done=done).start()
    done.send(value, timeout=SOON)
    del value
    worker.join(SOON)
    assert worker.state == "stopped"
    wait_until(lambda: watch() is None)


def test_the_end_of_a_task_as_done() -> None:
    gate: Channel[None] = Channel()
    task = go(gate.recv)
    worker = Worker(lambda ctx: ctx.sleep(1000), done=task).start()
    assert worker.state == "running"
    gate.send(None)
    worker.join(SOON)
    task.join(SOON)


def test_done_that_is_closed_already() -> None:
    done: Channel[None] = Channel()
    done.close()
    for given in (done, go(int)):
        worker = Worker(lambda ctx: ctx.sleep(1000), done=given).start()
        worker.join(SOON)
        assert worker.state == "stopped"


def test_a_worker_leaves_done_when_it_ends() -> None:
    done: Channel[None] = Channel()
    Worker(print, done=done)
    assert done.stats().waiting_receivers == 0
    worker = Worker(lambda ctx: ctx.sleep(1000), done=done).start()
    wait_for_receivers(done)
    worker.stop()
    worker.join(SOON)
    assert done.stats().waiting_receivers == 0 and not done.closed
    Worker(lambda: None, done=nil).start().join(SOON)


def test_workers_of_a_worker_stop_with_it() -> None:
    started: Channel[Worker[Any]] = Channel()

    def work(ctx: WorkerContext) -> None:
        started.send(Worker(lambda inner: inner.sleep(1000), done=ctx.done).start())
        ctx.sleep(1000)

    with Worker(work):
        inner = started.recv(timeout=SOON)
        assert inner.state == "running"
    inner.join(SOON)
    assert inner.state == "stopped"


# ---- many ----


def test_fan_out() -> None:
    """Four workers take from one channel: nothing is lost, nothing comes twice."""
    jobs: Channel[int] = Channel()
    workers = [Worker(double(jobs), interval=0.001, results=number) for number in range(4)]
    for worker in workers:
        worker.start()
    sender = go(lambda: jobs.send_many(range(2000)))
    selector: Selector[int] = Selector(workers)
    results = [selector.select(timeout=SOON).value for _ in range(2000)]
    assert sorted(results) == list(range(0, 4000, 2))  # type: ignore[type-var]
    assert sender.result(SOON) == 2000
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.join(SOON)
        assert list(worker) == []


def test_stop_at_any_moment_loses_nothing_but_the_pending() -> None:
    """What went in came out, but for at most one item a worker was at."""
    for turn in range(100):
        jobs: Channel[int] = Channel(None)
        jobs.send_many(range(50))
        worker = Worker(double(jobs), interval=0.0005).start()
        results = [worker.recv(timeout=SOON) for _ in range(turn % 7)]
        worker.stop()
        results += list(worker)
        worker.join(SOON)
        assert results == list(range(0, 2 * len(results), 2))
        assert len(jobs) + len(results) in (49, 50)


@not_thread_sanitized
def test_hundreds_of_workers_at_once() -> None:
    jobs: Channel[int] = Channel()
    workers = [Worker(double(jobs), results=1, interval=0.01) for _ in range(200)]
    for worker in workers:
        worker.start()
    wait_for_receivers(jobs, 200)
    jobs.send_many(range(200))
    results = sorted(worker.recv(timeout=SOON) for worker in workers)
    assert results == list(range(0, 400, 2))
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.join(SOON)


# ---- what it holds ----


def test_a_dropped_worker_runs_on() -> None:
    jobs: Channel[int] = Channel()
    over: Channel[None] = Channel()
    results = Worker(double(jobs), done=over).start().results
    gc.collect()
    jobs.send(4, timeout=SOON)
    assert results.recv(timeout=SOON) == 8
    over.close()


def test_a_worker_that_never_ran_is_garbage() -> None:
    worker = Worker(double(Channel()), interval=1.0)
    watch = weakref.ref(worker)
    del worker
    assert watch() is None


def test_a_worker_lets_go_of_its_work() -> None:
    class Work:
        def __call__(self, ctx: WorkerContext) -> None:
            pass

    work = Work()
    watch = weakref.ref(work)
    worker = Worker(work).start()
    del work
    worker.join(SOON)
    assert watch() is None


def test_cycles_are_collected_after_the_end() -> None:
    kept: list[Any] = []

    class Work:
        worker: Worker[Any]

        def __call__(self, ctx: WorkerContext) -> None:
            kept.append(ctx)
            ctx.send(self.worker)
            self.ctx = ctx

    work = Work()
    work.worker = Worker(work, results=1)
    watch = weakref.ref(work.worker)
    work.worker.start().join(SOON)
    assert watch() is not None
    kept.clear()
    del work
    wait_until(lambda: gc.collect() + 1 and watch() is None)


def test_a_cycle_through_a_worker_that_never_ran() -> None:
    def work(ctx: WorkerContext) -> None:
        print(workers)

    workers = [Worker(work)]
    watch = weakref.ref(workers[0])
    workers[0].results  # noqa: B018
    del work, workers
    gc.collect()
    assert watch() is None


@not_thread_sanitized
def test_idle_workers_take_no_processor() -> None:
    """A thousand wait for work, one of them to hand over a result."""
    jobs: Channel[int] = Channel()
    workers = [Worker(double(jobs)).start() for _ in range(1000)]
    wait_for_receivers(jobs, 1000)
    jobs.send(1)
    busy = Selector(workers)
    wait_until(lambda: any(worker.results.stats().waiting_senders for worker in workers))
    before = time.process_time()
    sleep(1)
    assert time.process_time() - before < 0.5
    assert busy.select(timeout=SOON).value == 2
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.join(SOON)
