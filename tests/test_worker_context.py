"""What a worker does through its context: it pulses while it waits, and stops when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import (
    Channel,
    Closed,
    Done,
    Error,
    Heartbeat,
    Stopped,
    Worker,
    WorkerContext,
    after,
    go,
    nil,
    now,
    recv,
    select,
    send,
    tick,
    try_select,
)
from support import QUIET, SOON, wait_for_receivers, wait_for_senders, wait_until

INTERVAL = 0.003
Told = list[threading.ExceptHookArgs]


def run(work: Callable[[WorkerContext], Any], **options: Any) -> Worker[Any]:
    """A worker that has done its work."""
    worker = Worker(work, results=None, **options).start()
    worker.join(SOON)
    return worker


def outcome(work: Callable[[WorkerContext], Any]) -> Any:
    """What `work` returned."""
    worker = run(lambda ctx: ctx.send(work(ctx)))
    assert worker.exception is None
    return worker.recv()


# ---- pulses on an interval ----


def test_pulses_while_it_waits_for_work() -> None:
    begun = now()
    jobs: Channel[int] = Channel()
    waits: list[Callable[[WorkerContext], Any]] = [
        lambda ctx: ctx.recv(jobs), lambda ctx: ctx.select(jobs, nil), lambda ctx: ctx.sleep(1000),
        lambda ctx: ctx.select(), lambda ctx: ctx.recv(jobs, timeout=1000),
    ]
    for wait in waits:
        with Worker(wait, interval=INTERVAL) as worker:
            for number in range(1, 6):
                assert worker.pulses.recv(timeout=SOON) >= begun + number * INTERVAL


def test_pulses_while_nobody_takes_its_result() -> None:
    with Worker(lambda ctx: ctx.send("result"), interval=INTERVAL) as worker:
        wait_for_senders(worker.results)
        for _ in range(5):
            worker.pulses.recv(timeout=SOON)
        assert worker.results.stats().waiting_senders == 1
        assert worker.recv(timeout=SOON) == "result"


def test_pulses_while_it_never_has_to_wait() -> None:
    plenty: Channel[int] = Channel()
    plenty.close()

    def work(ctx: WorkerContext) -> None:
        while True:
            ctx.select(plenty)

    with Worker(work, interval=INTERVAL) as worker:
        for _ in range(3):
            worker.pulses.recv(timeout=SOON)


def test_no_pulse_for_who_computes() -> None:
    gate: Channel[None] = Channel()
    with Worker(lambda ctx: gate.recv(), interval=INTERVAL) as worker:
        with pytest.raises(TimeoutError):
            worker.pulses.recv(timeout=QUIET)
        gate.send(None)


def test_it_pulses_without_the_interpreter() -> None:
    """One call keeps the interpreter lock for long; the worker that waits pulses all the same."""
    held = 0.0
    with Worker(lambda ctx: ctx.sleep(1000), interval=INTERVAL) as worker:
        worker.pulses.recv(timeout=SOON)
        before = worker.beat.stats().pulses
        begun = now()
        while held < 20 * INTERVAL:
            sum(range(2_000_000))
            held = now() - begun
        assert worker.beat.stats().pulses >= before + 3


def test_pulses_cost_no_place_in_the_queue() -> None:
    jobs: Channel[str] = Channel()
    workers = []
    for number in range(3):
        workers.append(Worker(lambda ctx: ctx.send(ctx.recv(jobs)), interval=INTERVAL, results=1).start())
        wait_for_receivers(jobs, number + 1)
    for worker in workers[:2]:
        for _ in range(4):
            worker.pulses.recv(timeout=SOON)
    jobs.send_many(["first", "second", "third"])
    assert [worker.recv(timeout=SOON) for worker in workers] == ["first", "second", "third"]


def test_without_an_interval_waiting_is_silent() -> None:
    jobs: Channel[int] = Channel()
    with Worker(lambda ctx: ctx.recv(jobs)) as worker:
        wait_for_receivers(jobs)
        with pytest.raises(TimeoutError):
            worker.pulses.recv(timeout=QUIET)
        assert worker.beat.stats().pulses == 0


# ---- units of work ----


def pulses_of(worker: Worker[Any]) -> int:
    return worker.beat.stats().pulses


def test_a_pulse_at_the_beginning_of_each_unit() -> None:
    """The book's unit of work, deterministically: a pulse, then a result, then silence."""
    jobs: Channel[int] = Channel()
    doing: Channel[int] = Channel()

    def work(ctx: WorkerContext) -> None:
        while True:
            job = ctx.recv(jobs)
            doing.send(job)
            ctx.send(job)

    with Worker(work) as worker:
        for number in range(1, 20):
            jobs.send(number)
            assert doing.recv(timeout=SOON) == number
            assert worker.pulses.try_recv() is not None
            assert worker.pulses.try_recv() is None
            wait_for_senders(worker.results)
            assert pulses_of(worker) == number
            assert worker.recv(timeout=SOON) == number
    stats = worker.beat.stats()
    assert stats.pulses == stats.units == 19


def items(count: int) -> Channel[int]:
    channel: Channel[int] = Channel(None)
    channel.send_many(range(count))
    return channel


UNITS: list[tuple[str, Callable[[WorkerContext, Channel[int]], Any], int]] = [
    ("receive and send", lambda ctx, jobs: [ctx.send(ctx.recv(jobs)) for _ in range(5)], 5),
    ("receive", lambda ctx, jobs: [ctx.recv(jobs) for _ in range(5)], 5),
    ("send", lambda ctx, jobs: [ctx.send(1) for _ in range(5)], 5),
    ("receive, send twice", lambda ctx, jobs: [(ctx.send(ctx.recv(jobs)), ctx.send(1)) for _ in range(5)], 10),
    ("select", lambda ctx, jobs: [ctx.select(jobs, nil) for _ in range(5)], 5),
    ("select and send", lambda ctx, jobs: [ctx.send(ctx.select(nil, jobs).value) for _ in range(5)], 5),
    ("receive, send by select", lambda ctx, jobs: [
        ctx.select(send(jobs, ctx.recv(jobs))) for _ in range(5)], 5),
    ("send by select", lambda ctx, jobs: [ctx.select(send(jobs, 1), nil) for _ in range(5)], 5),
    ("select finds the end", lambda ctx, jobs: (jobs.close(), [ctx.select(jobs) for _ in range(9)]), 5),
    ("nothing received", lambda ctx, jobs: [attempt(ctx, nil) for _ in range(5)], 0),
    ("nothing received twice", lambda ctx, jobs: [(ctx.recv(jobs), attempt(ctx, nil)) for _ in range(5)], 5),
    ("sleep within", lambda ctx, jobs: [(ctx.recv(jobs), ctx.sleep(0), ctx.send(1)) for _ in range(5)], 5),
    ("nothing", lambda ctx, jobs: ctx.stopping, 0),
]


def attempt(ctx: WorkerContext, source: Channel[Any]) -> None:
    with pytest.raises(TimeoutError):
        ctx.recv(source, timeout=0.0001)


@pytest.mark.parametrize(("work", "units"), [unit[1:] for unit in UNITS], ids=[unit[0] for unit in UNITS])
def test_units_are_counted(work: Callable[[WorkerContext, Channel[int]], Any], units: int) -> None:
    for interval in (None, 1000):
        jobs = items(5)
        worker = run(lambda ctx, jobs=jobs: work(ctx, jobs), interval=interval)  # type: ignore[misc]
        stats = worker.beat.stats()
        assert (stats.units, stats.pulses) == (units, 0 if interval else units)
        assert worker.exception is None


def test_units_of_ones_own() -> None:
    def work(ctx: WorkerContext) -> None:
        for _ in range(3):
            with ctx.unit("outer"), ctx.unit("inner", timeout=1000):
                labels.append(ctx.beat.stats().unit)
        ctx.pulse()

    labels: list[str | None] = []
    worker = run(work)
    assert labels == ["inner"] * 3
    assert worker.beat.stats().units == 6
    assert pulses_of(worker) == 10  # one with time of its own ends with one, too


def test_a_unit_is_open_between_receive_and_send() -> None:
    jobs: Channel[int] = Channel()
    gate: Channel[None] = Channel()

    def work(ctx: WorkerContext) -> None:
        ctx.recv(jobs)
        gate.recv()
        ctx.send(1)

    with Worker(work) as worker:
        wait_for_receivers(jobs)
        assert worker.beat.stats().unit is None
        jobs.send(1)
        wait_for_receivers(gate)
        assert worker.beat.stats().unit == "" and worker.beat.stats().units == 0
        gate.send(None)
        wait_for_senders(worker.results)
        assert worker.beat.stats().unit is None and worker.beat.stats().units == 1


def test_progress_is_told_through_the_beat() -> None:
    worker = run(lambda ctx: ctx.beat.progress(3, 5, "loading"))
    assert worker.beat.stats().progress == (3, 5, "loading")


# ---- the calls themselves ----


def test_recv_from_every_source() -> None:
    queued = items(3)
    beat = Heartbeat()
    beat.pulse()
    inner = Worker(lambda ctx: ctx.send("inner"), results=1).start()

    def work(ctx: WorkerContext) -> list[Any]:
        return [ctx.recv(queued), ctx.recv(after(0)), ctx.recv(tick(0.001)), ctx.recv(beat),
                ctx.recv(inner), ctx.recv(queued, timeout=0), ctx.recv(queued, deadline=0)]

    assert [type(value) for value in outcome(work)] == [int, float, float, float, str, int, int]


def test_recv_from_what_is_closed() -> None:
    def work(ctx: WorkerContext) -> None:
        for source in (task, channel):
            with pytest.raises(Closed):
                ctx.recv(source)
        ctx.recv(channel)

    channel: Channel[int] = Channel()
    channel.close("cause")
    task = go(int)
    worker = run(work)
    assert isinstance(worker.exception, Closed) and worker.exception.cause == "cause"


def test_time_is_up() -> None:
    def work(ctx: WorkerContext) -> float:
        begun = now()
        for call in (lambda **waiting: ctx.recv(nil, **waiting), lambda **waiting: ctx.send(1, **waiting),
                     lambda **waiting: ctx.select(nil, **waiting), lambda **waiting: ctx.select(**waiting)):
            for waiting in ({"timeout": 0}, {"timeout": 0.003}, {"deadline": now() + 0.003}, {"deadline": 0}):
                with pytest.raises(TimeoutError):
                    call(**waiting)
        return now() - begun

    done: Channel[float] = Channel(1)
    for interval in (None, 0.001):
        worker = Worker(lambda ctx: done.send(work(ctx)), interval=interval).start()
        worker.join(SOON)
        assert worker.exception is None and done.recv() >= 4 * 0.003
        assert worker.results.stats().sends == 0


def test_select() -> None:
    full: Channel[int] = Channel(1)
    closed: Channel[int] = Channel()
    closed.close()

    def work(ctx: WorkerContext) -> list[Any]:
        queued = items(2)
        chosen = [ctx.select(nil, queued), ctx.select(recv(queued), nil, None), ctx.select(closed),
                  ctx.select(send(full, 5)), ctx.select(queued, closed, biased=True)]
        with pytest.raises(Closed):
            ctx.select(send(closed, 1))
        return chosen

    assert outcome(work) == [(1, 0, True), (0, 1, True), (0, None, False), (0, None, True), (1, None, False)]
    assert full.recv() == 5


def test_select_of_many() -> None:
    def work(ctx: WorkerContext) -> list[Any]:
        results = []
        for count in (7, 8, 9, 100, 65_536):
            queued = items(1)
            chosen = ctx.select(*[None] * (count - 1), queued)
            results.append(chosen.index == count - 1 and chosen.source is queued)
        with pytest.raises(ValueError, match="65536 cases"):
            ctx.select(*[None] * 65_537)
        return results

    assert outcome(work) == [True] * 5


def test_a_select_that_fails_sends_nothing() -> None:
    channel: Channel[Any] = Channel(5)

    def work(ctx: WorkerContext) -> None:
        with pytest.raises(TypeError, match="case 1"):
            ctx.select(send(channel, 1), 5)  # type: ignore[call-overload]
        with pytest.raises(TypeError, match="'tiemout'"):
            ctx.select(send(channel, 1), tiemout=1)  # type: ignore[call-overload]

    assert run(work).exception is None and len(channel) == 0


def test_arguments_of_the_calls() -> None:
    def work(ctx: WorkerContext) -> None:
        bad: list[tuple[Callable[[], Any], type[Exception], str]] = [
            (lambda: ctx.recv(), TypeError, "'source'"),  # type: ignore[call-arg]
            (lambda: ctx.recv(5), TypeError, "source .*int"),  # type: ignore[arg-type]
            (lambda: ctx.recv(nil, timeout=-1), ValueError, "timeout .*negative"),
            (lambda: ctx.recv(nil, timeout=1, deadline=1), TypeError, "timeout or deadline"),
            (lambda: ctx.send(), TypeError, "'value'"),  # type: ignore[call-arg]
            (lambda: ctx.send(1, timeout="soon"), TypeError, "timeout .*seconds"),  # type: ignore[arg-type]
            (lambda: ctx.select(nil, timeout=-1), ValueError, "timeout .*negative"),
            (lambda: ctx.sleep(-1), ValueError, "d .*negative"),
            (lambda: ctx.sleep(None), TypeError, "d .*None"),  # type: ignore[arg-type]
            (lambda: ctx.unit(5), TypeError, "label .*int"),  # type: ignore[arg-type]
            (lambda: ctx.unit("x", timeout=0), ValueError, "timeout .*more than 0"),
        ]
        for call, error, match in bad:
            with pytest.raises(error, match=match):
                call()

    assert run(work).exception is None


def test_sleep() -> None:
    def work(ctx: WorkerContext) -> float:
        begun = now()
        ctx.sleep(0)
        ctx.sleep(0.02)
        return now() - begun

    assert outcome(work) >= 0.02


# ---- the stop ----


def test_after_the_stop_every_call_raises_stopped() -> None:
    told: Channel[str] = Channel(None)

    def work(ctx: WorkerContext) -> None:
        queued = items(10)
        assert not ctx.stopping and not ctx.done.closed and try_select(ctx.done) is None
        worker.stop()
        calls: list[Callable[[], Any]] = [
            lambda: ctx.recv(queued), lambda: ctx.send(1), lambda: ctx.select(queued, nil),
            lambda: ctx.select(send(queued, 1)), lambda: ctx.sleep(0), ctx.pulse, ctx.unit,
            lambda: ctx.recv(queued, timeout=0), lambda: ctx.send(1, timeout=0), ctx.select,
        ]
        for call in calls * 2:
            with pytest.raises(Stopped, match="'obedient' was told to stop"):
                call()
        assert len(queued) == 10
        assert ctx.stopping and ctx.done.closed and select(ctx.done) == (0, None, False)
        told.send("all")

    worker = Worker(work, results=None, name="obedient")
    worker.start().join(SOON)
    assert worker.exception is None and told.recv(timeout=0) == "all"
    assert worker.state == "stopped" and list(worker) == []


def test_a_worker_that_stops_by_itself_when_told() -> None:
    """It was told, knows it, and returns: it was stopped. One that never looked has returned."""
    gate: Channel[None] = Channel()

    def catch(ctx: WorkerContext) -> None:
        try:
            ctx.recv(nil)
        except Stopped:
            return

    def look(ctx: WorkerContext) -> None:
        gate.recv()
        assert ctx.stopping

    def ignore(ctx: WorkerContext) -> None:
        gate.recv()

    states = []
    for work in (catch, look, ignore):
        worker = Worker(work).start()
        worker.stop()
        gate.try_send(None) if work is catch else gate.send(None, timeout=SOON)
        worker.join(SOON)
        states.append(worker.state)
    assert states == ["stopped", "stopped", "returned"]


def test_finally_clauses_run() -> None:
    cleaned: Channel[bool] = Channel(1)

    def work(ctx: WorkerContext) -> None:
        try:
            ctx.recv(nil)
        finally:
            ctx.beat.pulse()
            cleaned.send(ctx.stopping)

    with Worker(work) as worker:
        pass
    assert cleaned.recv(timeout=0) is True and pulses_of(worker) == 1


def test_done_can_be_waited_for_and_no_more() -> None:
    def work(ctx: WorkerContext) -> None:
        assert isinstance(ctx.done, Done) and ctx.done is ctx.done
        given.send(ctx.done)
        with pytest.raises(Closed, match="time to stop"):
            ctx.done.recv()
        assert not hasattr(ctx.done, "send") and not hasattr(ctx.done, "close")

    given: Channel[Done] = Channel()
    worker = Worker(work).start()
    done = given.recv(timeout=SOON)
    watcher = go(select, done, nil)
    assert "closed" not in repr(done)
    worker.stop()
    assert watcher.result(SOON).source is done
    worker.join(SOON)
    assert done.closed and "closed" in repr(done) and worker.exception is None


# ---- whose it is ----


def refusals(ctx: WorkerContext) -> list[str]:
    calls: list[Callable[[], Any]] = [
        lambda: ctx.recv(nil), lambda: ctx.send(1), lambda: ctx.select(nil), lambda: ctx.sleep(1),
        ctx.pulse, ctx.unit, lambda: ctx.recv(nil, timeout=0), ctx.select,
    ]
    told = []
    for call in calls:
        with pytest.raises(Error) as caught:
            call()
        told.append(str(caught.value))
    return told


def test_a_context_is_refused_to_other_threads() -> None:
    handed: Channel[WorkerContext] = Channel()

    def work(ctx: WorkerContext) -> None:
        handed.send(ctx)
        ctx.sleep(1000)

    with Worker(work, name="owner") as worker:
        ctx = handed.recv(timeout=SOON)
        texts = refusals(ctx) + go(refusals, ctx).result(SOON)
        assert set(texts) == {"the context of worker 'owner' belongs to the worker's thread"}
        assert (ctx.name, ctx.beat, ctx.stopping) == ("owner", worker.beat, False)
        assert "owner" in repr(ctx)
    wait_until(lambda: not worker.results.stats().waiting_senders)
    assert set(refusals(ctx)) == {"worker 'owner' has ended, and its context with it"}
    assert ctx.stopping and worker.state == "stopped"


def test_two_workers_do_not_share_a_context() -> None:
    handed: Channel[WorkerContext] = Channel()

    def lend(ctx: WorkerContext) -> None:
        handed.send(ctx)
        ctx.sleep(1000)

    with Worker(lend):
        borrower = run(lambda ctx: ctx.send(refusals(handed.recv())))
        assert borrower.exception is None and len(borrower.recv()) == 8
