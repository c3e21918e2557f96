"""What is done a hundred thousand times over takes no more memory and no more references than done once."""

from __future__ import annotations

import pytest

from support import not_thread_sanitized, run_program

pytestmark = not_thread_sanitized

PRELUDE = """
import gc, sys
from heartbeat import *
from support import SANITIZED, memory

class Value:
    pass

value = Value()
channel, target, whole, real = Channel(1), Channel(1), Channel(1, dtype="q"), Channel(1, dtype="d")
many, closed, empty = Channel(None), Channel(name="closed"), Channel()
closed.close(value)
timer, ticker, func_timer = Timer(0), Ticker(1e-9), after_func(1e9, int)
watchdog = Watchdog(1e-9)
selector = Selector([closed, empty, timer])
task, requests, answers = go(int), Channel(), Channel()
jobs = Channel()
task.join()

def answer():
    for request in requests:
        answers.send(request)
server = go(answer)

def nothing():
    pass

def work(ctx):
    while True:
        ctx.send(ctx.recv(jobs))
worker = Worker(work, interval=0.01).start()
beat, unbuffered = Heartbeat("beat"), Heartbeat(keep=0)
again = beat.unit("again")
watched = [beat, beat.pulses, again, Heartbeat, None, True, False, value, channel, target, many, closed, empty, timer,
           watchdog, selector, task,
           Channel, Timer, Selected, Closed, TimeoutError, requests, worker, worker.beat, jobs, Monitor, Health]

def refused(error, call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except error:
        return
    raise AssertionError(call)

def repeat(operation, times):
    for _ in range(times):
        operation()

def grown_by(operation, times):
    gc.collect()
    before = memory(), getattr(sys, "gettotalrefcount", int)(), *map(sys.getrefcount, watched)
    repeat(operation, times)
    gc.collect()
    after = memory(), getattr(sys, "gettotalrefcount", int)(), *map(sys.getrefcount, watched)
    return [now - then for now, then in zip(after, before)]

def check(operation, times):
    # What the interpreter keeps for later, and threads that stay for more work, come now and
    # then; what is lost is lost each time.
    for attempt in range(12):
        grown, *references = grown_by(operation, times)
        if (SANITIZED or grown < 10 * times + 16384) and max(map(abs, references)) < times / 10:
            return
    raise AssertionError((grown, references))
"""

# How often each is done, and what. They run in one program, a few of them together.
RECEIVING_AND_SENDING = [
    (500_000, "channel.send(value), channel.recv()"),
    (20_000, "whole.send(2**60), whole.recv(), real.send(1.5), real.recv()"),
    (20_000, "channel.try_send(value), channel.try_send(value), channel.try_recv(), channel.try_recv(1)"),
    (1_000, "many.send_many([value] * 300), many.send_many(iter([value] * 10)), many.recv_many(400)"),
    (10_000, "requests.send(value), answers.recv()"),
    (20_000, "list(closed), next(ticker)"),
]
REFUSING = [
    (5_000, "refused(TimeoutError, empty.recv, timeout=0),"
             "refused(TimeoutError, empty.send, value, timeout=0)"),
    (1_000, "refused(TimeoutError, empty.recv, timeout=1e-6),"
            "refused(TimeoutError, empty.send, value, timeout=1e-6),"
            "refused(TimeoutError, select, empty, send(empty, value), timeout=1e-6)"),
    (5_000, "refused(Closed, closed.recv), refused(Closed, closed.send, value),"
             "refused(Closed, select, send(closed, value))"),
    (5_000, "refused(TypeError, select, channel, send(target, value), 5),"
             "refused(ValueError, empty.send, value, timeout=-1),"
             "refused(TypeError, whole.send, value), refused(TypeError, whole.send_many, [1, value]),"
             "refused(TypeError, Channel, 'x'), refused(TypeError, Selector, [channel, 5]),"
             "refused(TypeError, go, value), refused(TypeError, after_func, 1, value)"),
]
SELECTING = [
    (20_000, "select(closed, send(many, value), None), many.try_recv(), try_select(empty)"),
    (2_000, "select(*[empty, send(target, value)] * 20), target.recv(), try_select(*[empty] * 20)"),
    (20_000, "selector.select(), selector.try_select(biased=True)"),
    (10_000, "selector.remove(selector.add(send(empty, value))), refused(TypeError, selector.add, 5)"),
    (5_000, "Selector([channel, send(target, value), nil, after(1)]).try_select(), target.recv()"),
]
MAKING = [
    (20_000, "Channel(3, name='x' * 50).send(value), Channel(2, dtype='q').send(1), Channel().close(value)"),
    (10_000, "(lambda one: (one.send(value), one.close(ValueError(value)), one.stats(), repr(one)))"
             "(Channel(5))"),
    (50_000, "timer.reset(0), timer.recv(), timer.stop(), after(5), ticker.recv(), ticker.missed"),
    (50_000, "Watchdog(5, jitter=1).beat(), watchdog.beat(), watchdog.recv(), watchdog.due, watchdog.stop()"),
    (20_000, "func_timer.reset(1e9), after_func(1e9, value.__init__).stop()"),
    (2_000, "(lambda done: (after_func(0, done.close), list(done)))(Channel())"),
]
BEATING = [
    (500_000, "beat.pulse(), unbuffered.pulse()"),
    (50_000, "beat.pulse(), beat.recv(), beat.pulse(), select(beat.pulses), beat.try_recv()"),
    (50_000, "beat.pulse(), next(beat), beat.pulses.waiting, beat.pulses.name, beat.name"),
    (20_000, "beat.progress(1, 2, 'phase'), beat.stats(), repr(beat), repr(beat.pulses), beat.pause(1)"),
    (50_000, "again.__enter__(), again.__exit__()"),
    (20_000, "(lambda unit: (unit.__enter__(), repr(unit)))(beat.unit('unit ' * 20, timeout=5))"),
    (20_000, "Heartbeat('name' * 20, interval=1).pulse_interval(), Heartbeat().close()"),
    (10_000, "(lambda made: (made.pulse(), made.unit().__enter__(), made.close(), list(made)))(Heartbeat('x'))"),
    (2_000, "snapshot()"),
    (5_000, "refused(TimeoutError, unbuffered.recv, timeout=0), refused(ValueError, Heartbeat, interval=0),"
            "refused(ValueError, Heartbeat, interval=2, timeout=1), refused(TypeError, Heartbeat, name=5),"
            "refused(TypeError, beat.unit, 5), refused(Error, again.__exit__),"
            "refused(TypeError, beat.progress, 1, 2, 3), refused(TypeError, beat.pause, 'x')"),
]
RUNNING = [
    (1_000, "go(lambda one: one, value, name='named').result(), go(int).join()"),
    (1_000, "refused(ZeroDivisionError, go(lambda: 1 / 0).result)"),
    (1_000, "list(Worker(lambda: (value for _ in range(3)), interval=1, name='named').start())"),
    (1_000, "refused(Closed, Worker(lambda ctx: 1 / 0).start().recv), Worker(nothing).start().join()"),
    (1_000, "Worker(lambda ctx: ctx.send(value), done=closed).start().join(),"
            "(lambda one: (one.stop(), one.join(), one.exception, repr(one), one.state))"
            "(Worker(lambda ctx: (ctx.pulse(), ctx.sleep(9)), done=Channel()).start())"),
    (5_000, "Worker(int, interval=1), refused(TypeError, Worker, value), refused(TypeError, Worker, int, done=5),"
            "refused(Error, worker.start), refused(TimeoutError, worker.join, 0)"),
    (10_000, "jobs.send(value), worker.recv(), worker.beat, worker.pulses.try_recv(), worker.ident"),
    (20_000, "task.join(), task.result(), task.done, task.exception, task.ident, select(task), repr(task)"),
]

MONITORING = [
    (5_000, "Monitor(beat, timeout=5, name='m' * 30).close(), Monitor(worker, timeout=5).unwatch(worker)"),
    (5_000, "(lambda one: (one.status, one.check(), one.stats(), one.status_of(beat), repr(one), one.close(), list(one)))"
            "(Monitor(beat, timeout=5).start())"),
    (5_000, "Monitor(name='demanding').demand(channel, 5).start().close()"),
    (5_000, "Monitor(beat, timeout=5).dump(1).signal(10).exit(3).abort().notify(1, b'x' * 100).close()"),
    (500, "(lambda one: (one.recv(), one.close()))(Monitor(Heartbeat('silent'), timeout=1e-4).start())"),
    (500, "(lambda told: (lambda one: (told.recv(), one.close()))"
          "(Monitor(Heartbeat(), timeout=1e-4, on_event=told.send).start()))(Channel(None))"),
    (500, "Monitor(Heartbeat(), timeout=5).start(), watch_gil(5).close()"),
    (5_000, "refused(ValueError, Monitor, beat), refused(TypeError, Monitor, value, timeout=1),"
            "refused(TypeError, Monitor, on_event=3), refused(ValueError, Monitor().watch, beat, timeout=0),"
            "refused(TypeError, Monitor().notify, 1, value), refused(ValueError, stack_signal, 9)"),
]


@pytest.mark.parametrize(
    "operations", [RECEIVING_AND_SENDING, REFUSING, SELECTING, MAKING, BEATING, RUNNING, MONITORING],
    ids=["receiving and sending", "refusing", "selecting", "making", "beating", "running", "monitoring"])
def test_nothing_is_left_behind(operations: list[tuple[int, str]]) -> None:
    checks = [f"check(lambda: ({operation}), {times})\n" for times, operation in operations]
    run_program(PRELUDE + "".join(checks) + "requests.close()\nserver.join()\nworker.stop()\nworker.join()\n")
