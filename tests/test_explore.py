"""Schedules: one participant at a time, decided by a seed, at every operation of the engine."""

import gc
import queue
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import heartbeat as hb
from heartbeat.testing import Bubble, LeakError, StallError, explore, virtual_time

KINDS = pytest.mark.parametrize("kind", ["random", "pct"])


def run_in_bubble(fn: Callable[[], None], seed: int, kind: str) -> None:
    with virtual_time(seed=seed, schedule=kind):  # type: ignore[arg-type]
        fn()


# ---- what a seed decides ----


class Log:
    """Entries in order; whoever enters is alone."""

    def __init__(self) -> None:
        self.entries: list[object] = []
        self.at_once = 0

    def add(self, *entry: object) -> None:
        self.at_once += 1
        assert self.at_once == 1
        self.entries.append(entry)
        assert self.at_once == 1
        self.at_once -= 1


def busy_program(log: Log) -> None:
    """Starts in starts, random choices, instants, all decided by the seed."""
    left: hb.Channel[int] = hb.Channel(10)
    right: hb.Channel[int] = hb.Channel(10)

    def child(i: int) -> None:
        log.add("child", i)
        left.send(10 + i)

    def work(i: int) -> None:
        for k in range(2):
            chosen = hb.select(hb.send(left, i), hb.send(right, i), hb.recv(left), hb.recv(right))
            log.add(i, k, chosen.index, chosen.value, hb.now())
            hb.sleep(i % 2)
        hb.go(child, i).join()

    tasks = [hb.go(work, i) for i in range(2)]
    for task in tasks:
        task.join()
    left.close()
    log.add(list(left))


@KINDS
@pytest.mark.parametrize("seed", [0, 7])
def test_one_seed_is_one_interleaving_a_thousand_times(kind: str, seed: int) -> None:
    seen = set()
    for _ in range(1000):
        log = Log()
        run_in_bubble(lambda: busy_program(log), seed, kind)
        seen.add(repr(log.entries))
    assert len(seen) == 1


@KINDS
def test_other_seeds_are_other_interleavings(kind: str) -> None:
    seen = set()
    for seed in range(50):
        log = Log()
        run_in_bubble(lambda: busy_program(log), seed, kind)
        seen.add(repr(log.entries))
    assert len(seen) > 10


# By priorities, those of few turning points: to alternate takes three.
@pytest.mark.parametrize(("kind", "found"), [
    ("random", {"aabb", "abab", "abba", "baab", "baba", "bbaa"}),
    ("pct", {"aabb", "abba", "baab", "bbaa"}),
])
def test_orders_are_found(kind: str, found: set[str]) -> None:
    orders: set[str] = set()

    def program() -> None:
        box: hb.Channel[str] = hb.Channel(4)

        def put(letter: str) -> None:
            box.send(letter)
            box.send(letter)

        tasks = [hb.go(put, letter) for letter in "ab"]
        for task in tasks:
            task.join()
        box.close()
        orders.add("".join(box))

    explore(program, schedules=300, schedule=kind)  # type: ignore[arg-type]
    assert orders >= found


def chances(seed: int | None = None) -> list[float]:
    """What each schedule's seed made of the module random, which is seeded with it."""
    drawn: list[float] = []
    explore(lambda: drawn.append(random.random()), schedules=5, seed=seed)
    return drawn


def test_the_seeds_are_fixed_unless_another_is_given() -> None:
    assert chances() == chances()
    assert chances(seed=3) == chances(seed=3) != chances(seed=4)
    assert len(set(chances())) == 5


def test_chance_and_the_collector_are_as_before() -> None:
    random.seed(1)
    before = random.getstate()
    explore(lambda: random.random(), schedules=2)
    assert random.getstate() == before
    assert gc.isenabled()


# ---- failures ----


def notes_of(error: BaseException) -> str:
    return "\n".join(error.__notes__)


def test_a_failure_names_its_seed_and_the_last_operations() -> None:
    def program() -> None:
        box: hb.Channel[int] = hb.Channel(1)
        box.send(1)
        hb.sleep(2)
        box.recv()  # the place that is named
        raise ValueError("at last")

    with pytest.raises(ValueError, match="at last") as raised:
        explore(program, seed=77)
    notes = notes_of(raised.value)
    assert "--heartbeat-seed=77" in notes
    assert "the last 3 operations" in notes
    assert "2.000 s" in notes
    assert f"{__file__}:" in notes
    assert "box.recv()  # the place that is named" in notes


def test_the_last_fifty_operations_are_shown() -> None:
    def program() -> None:
        box: hb.Channel[int] = hb.Channel(100)
        for i in range(90):
            box.send(i)
        raise ValueError

    with pytest.raises(ValueError) as raised:
        explore(program)
    assert "the last 50 operations" in notes_of(raised.value)


def test_a_leak_and_a_deadlock_are_failures() -> None:
    def leak() -> None:
        hb.go(hb.Channel[int]().recv)

    with pytest.raises(LeakError) as left:
        explore(leak)
    assert "--heartbeat-seed=" in notes_of(left.value)
    with pytest.raises(hb.DeadlockError) as stuck:
        explore(lambda: hb.Channel[None]().send(None))
    assert "--heartbeat-seed=" in notes_of(stuck.value)


def fail_unseen() -> None:
    def fail() -> None:
        raise KeyError("nobody looks")

    hb.go(fail)


def test_an_exception_nobody_looks_at_is_a_failure() -> None:
    with pytest.raises(KeyError, match="nobody looks") as raised:
        explore(fail_unseen, schedules=1)
    assert "--heartbeat-seed=" in notes_of(raised.value)


def test_an_exception_of_a_participant_explains_another_failure() -> None:
    def program() -> None:
        fail_unseen()
        hb.Channel[None]().recv()

    with pytest.raises(hb.DeadlockError) as raised:
        explore(program, schedules=1)
    assert "a participant had raised KeyError('nobody looks')" in notes_of(raised.value)


def test_exceptions_of_other_threads_go_where_they_went(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    before = threading.excepthook

    def program() -> None:
        other = threading.Thread(target=lambda: 1 / 0)
        other.start()
        other.join()

    explore(program, schedules=3)
    assert seen == [ZeroDivisionError] * 3
    assert threading.excepthook is before


@pytest.mark.parametrize("options", [{"schedules": 0}, {"schedules": -1}, {"schedule": "fair"},
                                     {"schedule": 3}])
def test_bad_arguments_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="schedule"):
        explore(lambda: None, **options)  # type: ignore[arg-type]


def test_a_bubble_without_a_schedule_has_no_steps() -> None:
    with virtual_time() as bubble:
        hb.Channel[int](1).send(1)
        assert (bubble._steps, bubble._trace) == (0, [])


# ---- every operation is a point ----


def sources() -> dict[str, object]:
    full, empty = hb.Channel[int](1), hb.Channel[int](1)
    full.send(1)
    selector = hb.Selector([hb.recv(empty)])
    return {"full": full, "empty": empty, "selector": selector, "timer": hb.Timer(9), "ticker": hb.tick(9),
            "watchdog": hb.Watchdog(9), "beat": hb.Heartbeat(), "task": hb.go(lambda: None),
            "worker": hb.Worker(lambda: None), "func": hb.after_func(9, lambda: None)}


OPERATIONS = """
empty.send(1)|empty.try_send(1)|full.recv()|full.try_recv()|empty.send_many([1])|full.recv_many(2)
full.close()|full.closed|len(full)|full.stats()|next(iter(full))
hb.select(hb.recv(full))|hb.try_select(hb.recv(empty))|selector.try_select()|selector.add(hb.recv(full))
timer.stop()|timer.reset(3)|timer.active|timer.try_recv()|timer.recv()|ticker.stop()|ticker.reset(3)|next(ticker)
hb.after(1)|hb.tick(1)|hb.sleep(0)|hb.sleep(1)|func.stop()|func.reset(1)|hb.after_func(1, print).stop()
watchdog.beat()|watchdog.stop()|watchdog.recv()
beat.pulse()|beat.progress(1, 2)|beat.stats()|beat.closed|beat.close()|beat.unit('x').__enter__()|beat.pulses.try_recv()
hb.go(len, 'x').join()|task.join()|task.done|task.result()|task.exception
worker.start()|worker.stop()|worker.state|worker.__enter__()
""".replace("\n", "|").strip("|").split("|")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_is_a_point(operation: str) -> None:
    with virtual_time(schedule="random") as bubble:
        names: dict[str, Any] = {"hb": hb, **sources()}
        before = len(bubble._trace)
        eval(operation, names)
        assert before < len(bubble._trace) < 50
        names["func"].stop()
        if names["worker"].state == "new":
            names["worker"].start()
        names["worker"].join()


@KINDS
def test_whoever_polls_lets_others_go_on(kind: str) -> None:
    def program() -> None:
        box: hb.Channel[None] = hb.Channel()
        task = hb.go(box.close)
        while not box.closed:
            pass
        while not task.done:
            pass

    explore(program, schedules=50, schedule=kind)  # type: ignore[arg-type]


@KINDS
def test_operations_in_destructors(kind: str) -> None:
    class Token:
        def __init__(self, box: "hb.Channel[int]") -> None:
            self.box = box
            self.cycle = self

        def __del__(self) -> None:
            self.box.send(1)

    def program() -> None:
        box: hb.Channel[int] = hb.Channel(20)

        def work() -> None:
            Token(box)
            gc.collect(0)
            box.send(0)

        tasks = [hb.go(work) for _ in range(3)]
        for task in tasks:
            task.join()
        gc.collect(0)
        assert [box.recv() for _ in range(6)].count(1) == 3

    explore(program, schedules=10, schedule=kind)  # type: ignore[arg-type]


def test_workers_and_their_results() -> None:
    orders = set()

    def program() -> None:
        def count(ctx: hb.WorkerContext) -> None:
            for i in range(2):
                ctx.send(i)
                ctx.sleep(0.5)

        with hb.Worker(count, interval=0.1) as one, hb.Worker(count, interval=0.1) as other:
            got = [hb.select(hb.recv(one.results), hb.recv(other.results)).index for _ in range(4)]
        orders.add(tuple(got))

    explore(program, schedules=60)
    assert len(orders) > 3


# ---- threads of the standard library ----


def take_if_there(q: "queue.Queue[int]") -> None:
    if not q.empty():
        q.get_nowait()


def test_patched_queues_are_explored_too() -> None:
    def program() -> None:
        q: queue.Queue[int] = queue.Queue()
        q.put(1)
        tasks = [hb.go(take_if_there, q) for _ in range(2)]
        for task in tasks:
            task.result()

    with pytest.raises(queue.Empty):
        explore(program, patch=True)


def test_patched_locks_keep_their_promise() -> None:
    def program() -> None:
        lock, total = threading.Lock(), [0]

        def add() -> None:
            with lock:
                seen = total[0]
                hb.sleep(0)
                total[0] = seen + 1

        threads = [threading.Thread(target=add) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert total == [3]

    explore(program, schedules=50, patch=True)


def standard_program(log: Log) -> None:
    changed, q, items = threading.Condition(), queue.Queue[int](2), []

    def produce(i: int) -> None:
        for k in range(2):
            q.put(10 * i + k)
            with changed:
                log.add("put", i, k)
                changed.notify()

    def consume() -> None:
        for _ in range(2):
            with changed:
                changed.wait(0.5)
                log.add("noticed", time.monotonic())
            items.append(q.get())

    threads = [threading.Thread(target=produce, args=[i]) for i in range(2)]
    threads += [threading.Thread(target=consume) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.add(items)


@KINDS
def test_one_seed_is_one_interleaving_of_patched_threads(kind: str) -> None:
    seen: set[str] = set()
    others: set[str] = set()
    for i in range(200):
        for seed, logs in ((5, seen), (i, others)):
            log = Log()
            with virtual_time(seed=seed, schedule=kind, patch=True):  # type: ignore[arg-type]
                standard_program(log)
            logs.add(repr(log.entries))
    assert len(seen) == 1
    assert len(others) > 20


def test_an_adopted_thread_takes_turns_too() -> None:
    log = Log()
    adopted = threading.Event()

    def work(bubble: Bubble, box: "hb.Channel[int]") -> None:
        with bubble.adopt():
            adopted.set()
            log.add(box.recv())
            log.add(box.recv())

    with virtual_time(schedule="random") as bubble:
        box: hb.Channel[int] = hb.Channel()
        thread = threading.Thread(target=work, args=[bubble, box])
        thread.start()
        while not adopted.is_set():
            hb.sleep(0)  # it gets a turn
        for i in range(2):
            box.send(i)
            log.add("sent", i)
        bubble.wait()
    thread.join()
    assert sorted(log.entries, key=repr) == [("sent", 0), ("sent", 1), (0,), (1,)]


# ---- what is not the engine's ----


def test_a_lock_of_another_is_a_stall() -> None:
    lock = threading.Lock()
    lock.acquire()
    with pytest.raises(StallError):
        with virtual_time(schedule="random", stall=0.3):
            task = hb.go(lock.acquire)
            try:
                task.join()
            finally:
                lock.release()


def test_an_interrupt_ends_a_search() -> None:
    computes = threading.Event()
    ended = threading.Event()

    def interrupt() -> None:
        computes.wait()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def program() -> None:
        def compute() -> None:
            computes.set()
            while not ended.is_set():
                pass

        task = hb.go(compute)
        try:
            task.join()
        finally:
            ended.set()

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        explore(program)
    interrupter.join()


def test_searches_in_parallel_threads() -> None:
    ended: list[str] = []

    def search(kind: str) -> None:
        explore(lambda: busy_program(Log()), schedules=50, schedule=kind)  # type: ignore[arg-type]
        ended.append(kind)

    threads = [threading.Thread(target=search, args=[kind]) for kind in ("random", "pct", "random")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["pct", "random", "random"]
