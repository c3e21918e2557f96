"""What the project wants to reach: which figure, beside whose, and how far. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from judge import At, Comparison, Pair, Statistic, Target
from sections import CORE

at_least = partial(Target, comparison=Comparison.AT_LEAST)
at_most = partial(Target, comparison=Comparison.AT_MOST)

SIMPLE, QUEUE, NO_OP = "queue.SimpleQueue", "queue.Queue", At("beats", "pulse", "C method")
IN_C = "heartbeat in C"


def beside(section: str, scenarios: Iterable[str], peer: str, *, if_it_has: bool = False) -> list[Pair]:
    """The same scenarios of both."""
    return [Pair(At(section, name), At(section, name, peer), if_it_has) for name in scenarios]


def against(section: str, scenarios: Iterable[str], peer: At) -> list[Pair]:
    """Several scenarios of ours beside one figure of a peer that has not all of them."""
    return [Pair(At(section, name), peer) for name in scenarios]


def alone(section: str, *scenarios: str, contender: str = "heartbeat") -> list[Pair]:
    return [Pair(At(section, name, contender)) for name in scenarios]


# ---- the C core ----

MIRRORED = [name for name in CORE if not name.endswith("-unbounded")]  # what Go can do as well
# No operation of these waits for another thread: whoever takes puts back, and there is room for all.
NO_SWITCH = ("MakeChan", "ChanNonblocking", "ChanUncontended", "ChanContended", "ChanCreation", "ChanSem",
             "ChanClosed", "ReceiveDataFromClosedChan", "SelectUncontended", "SelectAsyncContended",
             "SelectNonblock")


def core_targets() -> Iterable[Target]:
    work = f"C core: crossbeam's {len(CORE)} scenarios"
    yield at_least(work, "crossbeam needs ≥ {bound}× in each", beside("core", CORE, "crossbeam"), bound=1)
    yield at_least(work, "crossbeam needs ≥ {bound}×, geometric mean", beside("core", CORE, "crossbeam"),
                   bound=4, statistic=Statistic.MEAN)
    for peer in ("flume", "kanal"):
        yield at_least(work, f"{peer} needs ≥ {{bound}}× in each that it has",
                       beside("core", CORE, peer, if_it_has=True), bound=1)
    work = f"C core: the {len(MIRRORED)} scenarios that Go has too"
    yield at_least(work, "Go needs ≥ {bound}× in each", beside("core", MIRRORED, "Go"), bound=1)
    yield at_least(work, "Go needs ≥ {bound}×, geometric mean", beside("core", MIRRORED, "Go"),
                   bound=1.3, statistic=Statistic.MEAN)
    yield at_most("Go's channel benchmarks where no thread waits", "≤ {bound}× Go's in each",
                  beside("go", NO_SWITCH, "Go"), bound=1)


# ---- channels in Python ----


def uncontended_targets() -> Iterable[Target]:
    pairs, calls = ("send_recv", "try_send_try_recv"), ("send", "recv", "try_send", "try_recv", "closed", "len")
    yield at_most("Python: send and recv, also without waiting; closed; len", "≤ {bound}× SimpleQueue's put and get",
                  against("python", (*pairs, "closed", "len"), At("python", "send_recv", SIMPLE)), bound=1)
    yield at_most("Python: each of these calls by itself", "≤ {bound}× an empty method call",
                  against("python", calls, NO_OP), bound=2)


def flow_targets() -> Iterable[Target]:
    trips = ("ping_pong-0", "ping_pong-1")
    yield at_least("Python: round trip between two threads, capacity 0 and 1", "SimpleQueue needs ≥ {bound}×",
                   against("python", trips, At("python", "ping_pong-unbounded", SIMPLE)), bound=20)
    yield at_least("Python: the same on one processor", "SimpleQueue needs ≥ {bound}×",
                   against("pinned-python", trips, At("pinned-python", "ping_pong-unbounded", SIMPLE)), bound=1)
    flows = ("one_to_one-unbounded", "four_to_one-unbounded", "four_to_four-unbounded")
    work = "Python: throughput 1:1, 4:1, 4:4"
    yield at_least(work, "SimpleQueue needs ≥ {bound}×", beside("python", flows, SIMPLE), bound=1)
    yield at_least(work, "queue.Queue needs ≥ {bound}×", beside("python", flows, QUEUE), bound=15)
    yield at_least("Python: throughput 1:1 in batches", "SimpleQueue needs ≥ {bound}×, value by value",
                   against("python", ("one_to_one-many-unbounded",), At("python", flows[0], SIMPLE)), bound=3)


def select_targets() -> Iterable[Target]:
    yield at_most("Python: select over 2 sources, one ready", "≤ {bound} ns",
                  alone("python", "select_ready-2", "selector_ready-2"), bound=100, unit="ns")
    over_two = At("python", "selector_ready-2")
    yield at_most("Python: Selector over 8, 64, 512 sources", "≤ {bound}× what it takes over 2",
                  against("python", [f"selector_ready-{n}" for n in (8, 64, 512)], over_two), bound=1.5)


# ---- time and signs of life ----


def timer_targets() -> Iterable[Target]:
    for name, work in (("timer_create_stop", "making and stopping one"), ("timer_reset", "resetting one"),
                       ("timers_million-create", "making one of 1,000,000"),
                       ("timers_million-stop", "stopping one of 1,000,000")):
        for contender, where in (IN_C, "in the engine"), ("heartbeat", "from Python"):
            yield at_most(f"Timers {where}: {work}", "≤ {bound}× Go's",
                          [Pair(At("timers", name, contender), At("timers", name, "Go"))], bound=1)
    yield at_most("Timers: lateness of a tick, p99, idle", "≤ {bound} µs", alone("timers", "tick_late-p99_us"),
                  bound=100, unit="µs")


def beat_targets() -> Iterable[Target]:
    yield at_most("Pulse from Python", "≤ {bound}× an empty method call",
                  against("beats", ("pulse",), NO_OP), bound=1.6)
    yield at_most("Pulse from C", "≤ {bound} ns", alone("beats", "pulse", contender=IN_C),
                  bound=15, unit="ns")
    yield at_most("A silence is told after its timeout, p99, idle", "≤ {bound} µs",
                  alone("monitors", "heard-p99_us"), bound=1000, unit="µs")
    yield at_most("The same while others compute and the interpreter lock is held", "≤ {bound} µs",
                  alone("monitors", "noticed_held_hogs-p99_us"), bound=5000, unit="µs")
    yield at_least("Worker: start and join", "Thread needs ≥ {bound}×",
                   beside("workers", ("start_join",), "threading.Thread"), bound=2)
    yield at_most("Native worker to Python, a number", "≤ {bound} ns", alone("python", "native_worker"),
                  bound=50, unit="ns")
    yield at_most("1,000 idle workers for two seconds", "≤ {bound} µs of CPU",
                  alone("workers", "idle_workers-cpu_us"), bound=2000, unit="µs")


# ---- size ----


def size_targets() -> Iterable[Target]:
    for name, what, bound in (("channel", "an empty channel", 128), ("waiter", "a waiter", 0), ("beat", "a beat", 128)):
        yield at_most(f"Memory in the core: {what}", "≤ {bound} B",
                      alone("memory", f"{name}_bytes", contender=IN_C), bound=bound, unit="B")
    yield at_most("Memory: an idle worker, resident", "≤ {bound} KiB", alone("memory", "idle_worker_kib"),
                  bound=16, unit="KiB")
    yield at_most("Import, beyond a program that imports os", "≤ {bound} ms", alone("size", "import_ms"), bound=10, unit="ms")
    yield at_most("Wheel, stripped", "≤ {bound} KiB", alone("size", "wheel_kib"), bound=300, unit="KiB")


TARGETS: tuple[Target, ...] = (
    *core_targets(), *uncontended_targets(), *flow_targets(), *select_targets(), *timer_targets(),
    *beat_targets(), *size_targets(),
)
