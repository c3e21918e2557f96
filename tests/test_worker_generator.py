"""Generators as workers: each value they yield is a result, each resume a unit of work."""

from __future__ import annotations

import functools
import threading
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from heartbeat import Channel, Closed, Stopped, Worker, WorkerContext, nil
from support import QUIET, SOON, wait_for_receivers, wait_for_senders

INTERVAL = 0.003
Told = list[threading.ExceptHookArgs]


def count(limit: int = 10**9) -> Iterator[int]:
    yield from range(limit)


def count_on_duty(ctx: WorkerContext) -> Iterator[int]:
    assert isinstance(ctx, WorkerContext)
    yield from range(5)


# ---- what makes a generator ----


def test_each_value_it_yields_is_a_result() -> None:
    def squares() -> Iterator[int]:
        for number in range(100):
            yield number * number

    worker = Worker(squares).start()
    assert list(worker) == [number * number for number in range(100)]
    worker.join(SOON)
    assert worker.state == "returned" and worker.exception is None


def test_with_a_context_or_without() -> None:
    class Counter:
        def five(self) -> Iterator[int]:
            yield from range(5)

        def five_on_duty(self, ctx: WorkerContext) -> Iterator[int]:
            return count_on_duty(ctx)

        def __call__(self, ctx: WorkerContext) -> Iterator[int]:
            yield from count_on_duty(ctx)

    @functools.wraps(count_on_duty)
    def wrapped(*args: Any) -> Iterator[int]:
        return count_on_duty(*args)

    works = [count_on_duty, functools.partial(count_on_duty), functools.partial(lambda n: count(n), 5),
             Counter().five, Counter().five_on_duty, Counter(), wrapped, lambda ctx: count_on_duty(ctx),
             lambda: count(5)]
    for work in works:
        assert list(Worker(work).start()) == list(range(5))


def test_what_it_returns_is_ignored() -> None:
    def work() -> Generator[int, None, str]:
        yield 1
        return "ignored"

    worker = Worker(work).start()
    assert list(worker) == [1]
    worker.join(SOON)
    assert worker.state == "returned"


def test_a_generator_that_yields_nothing() -> None:
    assert list(Worker(lambda: count(0)).start()) == []


def test_typed_results_and_room(told: Told) -> None:
    worker = Worker(lambda: count(3), dtype="q", results=3).start()
    worker.join(SOON)
    assert list(worker) == [0, 1, 2]
    for bad in ("text", 2**63):
        worker = Worker(lambda bad=bad: (value for value in [1, bad, 2]), dtype="q", results=3).start()
        worker.join(SOON)
        assert isinstance(worker.exception, (TypeError, OverflowError)) and worker.state == "raised"
        assert worker.try_recv() == 1


# ---- units and pulses ----


def test_each_resume_is_a_unit_with_a_pulse() -> None:
    worker = Worker(count)
    with worker:
        for number in range(20):
            wait_for_senders(worker.results)
            assert worker.beat.stats().pulses == worker.beat.stats().units == number + 1
            assert worker.beat.stats().unit is None
            assert worker.recv(timeout=SOON) == number


def test_the_resume_that_ends_it_is_a_unit_too() -> None:
    for work, results in ((lambda: count(5), 5), (count_on_duty, 5), (lambda: count(0), 0)):
        worker = Worker(work, results=5).start()
        worker.join(SOON)
        assert len(worker.results) == results
        assert worker.beat.stats().pulses == worker.beat.stats().units == results + 1


def test_receiving_within_a_unit() -> None:
    """What a generator receives belongs to the unit it is at: one pulse a resume, and no other."""
    jobs: Channel[int] = Channel()

    def work(ctx: WorkerContext) -> Iterator[int]:
        while True:
            yield ctx.recv(jobs) + ctx.recv(jobs)

    with Worker(work) as worker:
        for number in range(10):
            wait_for_receivers(jobs)
            assert worker.beat.stats().pulses == number + 1 and worker.beat.stats().unit == ""
            jobs.send_many([number, number])
            assert worker.recv(timeout=SOON) == 2 * number


def test_pulses_on_the_interval_while_nobody_takes_a_result() -> None:
    with Worker(count, interval=INTERVAL) as worker:
        for _ in range(5):
            worker.pulses.recv(timeout=SOON)
        wait_for_senders(worker.results)
        assert worker.recv(timeout=SOON) == 0


def test_pulses_on_the_interval_without_any_wait() -> None:
    with Worker(count, interval=INTERVAL, results=None) as worker:
        for _ in range(5):
            worker.pulses.recv(timeout=SOON)


# ---- the stop ----


def closing(log: list[str], ctx: WorkerContext | None = None) -> Iterator[int]:
    try:
        log.append("began")
        yield 1
        log.append("went on")
        yield 2
    except GeneratorExit:
        log.append("exit")
        raise
    finally:
        log.append("finally")


def test_stop_closes_the_generator() -> None:
    log: list[str] = []
    with Worker(lambda: closing(log)) as worker:
        wait_for_senders(worker.results)
    assert log == ["began", "exit", "finally"]
    assert worker.state == "stopped" and list(worker) == []
    assert worker.results.stats().sends == 0


def test_stop_before_the_first_resume() -> None:
    log: list[str] = []
    worker = Worker(lambda: closing(log))
    worker.stop()
    worker.start().join(SOON)
    assert log == [] and worker.state == "stopped"


def test_a_generator_that_is_stopped_in_a_wait() -> None:
    log: list[str] = []

    def work(ctx: WorkerContext) -> Iterator[int]:
        try:
            ctx.recv(nil)
            yield 1
        except Stopped:
            log.append("stopped")
            raise
        finally:
            log.append("finally")

    with Worker(work):
        pass
    assert log in (["stopped", "finally"], [])  # it may have been stopped before it began
    log.clear()
    with Worker(work) as worker:
        worker.pulses.recv(timeout=SOON)
    assert log == ["stopped", "finally"] and worker.state == "stopped"


def test_it_may_pulse_in_its_finally_clauses() -> None:
    told: Channel[bool] = Channel(1)

    def work(ctx: WorkerContext) -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            for _ in range(3):
                ctx.pulse()
            with ctx.unit("cleaning"):
                pass
            with pytest.raises(Stopped):
                ctx.send(1)
            told.send(ctx.stopping)

    worker = Worker(work)
    with worker:
        wait_for_senders(worker.results)
        assert worker.beat.stats().pulses == 1
    assert told.recv(timeout=0) is True and worker.state == "stopped"
    assert worker.beat.stats().pulses == 1 + 3 + 1


def test_a_generator_that_ignores_its_exit(told: Told) -> None:
    def work() -> Iterator[int]:
        for number in range(2):
            try:
                yield number
            except GeneratorExit:
                pass

    with Worker(work) as worker:
        wait_for_senders(worker.results)
    assert isinstance(worker.exception, RuntimeError) and "GeneratorExit" in str(worker.exception)
    assert worker.state == "raised"


def test_a_finally_clause_that_raises(told: Told) -> None:
    def work() -> Iterator[int]:
        try:
            yield 1
        finally:
            raise KeyError("finally")

    with Worker(work) as worker:
        wait_for_senders(worker.results)
    assert isinstance(worker.exception, KeyError)
    with pytest.raises(Closed) as caught:
        worker.recv()
    assert caught.value.cause is worker.exception


def test_a_generator_whose_results_somebody_closes() -> None:
    log: list[str] = []
    worker = Worker(lambda: closing(log), name="unwanted").start()
    wait_for_senders(worker.results)
    worker.results.close()
    worker.join(SOON)
    assert isinstance(worker.exception, Closed) and worker.state == "raised"
    assert log == ["began", "exit", "finally"]


def test_a_generator_that_raises() -> None:
    error = ValueError("told")

    def work() -> Iterator[int]:
        yield 1
        raise error

    worker = Worker(work).start()
    assert worker.recv(timeout=SOON) == 1
    with pytest.raises(Closed) as caught:
        worker.recv(timeout=SOON)
    assert caught.value.cause is error is caught.value.__cause__
    worker.join(SOON)
    assert worker.exception is error and worker.state == "raised"
    assert [entry.name for entry in pytest.ExceptionInfo.from_exception(error).traceback] == ["work"]


# ---- what is none ----


def test_async_work_is_refused(told: Told) -> None:
    async def coroutine() -> None:
        pass

    async def asynchronous() -> Any:
        yield 1

    for bad in (coroutine, asynchronous):
        with pytest.raises(TypeError, match="async"):
            Worker(bad)
    worker = Worker(lambda: coroutine()).start()
    worker.join(SOON)
    assert isinstance(worker.exception, TypeError) and "async" in str(worker.exception)


def test_an_iterator_is_not_run() -> None:
    worker = Worker(lambda: iter([1, 2, 3]), results=3).start()
    worker.join(SOON)
    assert len(worker.results) == 0 and worker.state == "returned"
    with pytest.raises(TimeoutError):
        Worker(count).results.recv(timeout=QUIET)
