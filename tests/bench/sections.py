"""What is measured: the sections, their contenders and their scenarios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import build
import contenders
import counts
import rust_peers
import wheel
from affinity import CAN_PIN
from compare import Contender, Scenario, Skipped
from counts import MEMORY, PEERS, SIZE, TIMERS

QUICK = 100  # a quick run has that much less to do


@dataclass(frozen=True)
class Plan:
    """How much to measure."""

    share: float  # of the usual counts
    rounds: int
    filter: str

    @classmethod
    def of(cls, quick: bool, count: int | None, rounds: int, name_part: str) -> Plan:
        share = count / MESSAGES if count else 1 / QUICK if quick else 1.0
        return cls(share, rounds, name_part)

    def count(self, usual: int, sharers: int) -> int:
        """As many threads share the work, so the count stays a multiple of them."""
        return max(sharers, int(usual * self.share) // sharers * sharers)


@dataclass(frozen=True)
class Section:
    """One table. The first contender is ours."""

    title: str
    legend: str
    contenders: tuple[Contender | Skipped, ...]
    counts: dict[str, int]  # operations by scenario
    sharers: int = 4  # threads that do the same, at most
    pinned: bool = False  # all threads on one processor

    @property
    def able(self) -> list[Contender]:
        return [c for c in self.contenders if isinstance(c, Contender)]

    def scenarios(self, plan: Plan) -> list[Scenario]:
        chosen = {name: n for name, n in self.counts.items() if plan.filter in name}
        return [Scenario(name, plan.count(n, self.sharers), self.pinned) for name, n in chosen.items()]


# ---- the C core and crossbeam's scenarios ----

MESSAGES = 500_000
KINDS = ("spsc", "mpsc", "mpmc", "select_rx", "select_both")
CAPACITIES = {"0": KINDS, "1": KINDS, "n": ("seq", *KINDS), "unbounded": ("seq", *KINDS)}

CORE = {f"{kind}-{size}": MESSAGES for size, kinds in CAPACITIES.items() for kind in kinds}


def channels() -> tuple[Contender | Skipped, ...]:
    """The C core, and the channels of other languages without an interpreter."""
    return build.core(), *rust_peers.contenders(), build.go()


def core() -> Section:
    return Section(
        "C core: messages through a channel",
        "Nanoseconds a message, median (least to most).",
        channels(),
        CORE,
    )


# ---- fewer processors than threads ----

PINNED = {"spsc-0": 200_000, "spsc-1": 200_000, "mpmc-1": 200_000, "spsc-n": MESSAGES}
PINNED_PYTHON = {f"ping_pong-{size}": 20_000 for size in ("0", "1", "unbounded")}
CROWDED = {"crowd-0": 100_000, "crowd-1": 100_000, "crowd-n": MESSAGES}


def if_it_can_pin(contenders: tuple[Contender | Skipped, ...]) -> tuple[Contender | Skipped, ...]:
    if CAN_PIN:
        return contenders
    return tuple(Skipped(each.name, "this system binds no program to a processor") for each in contenders)


def pinned() -> Section:
    return Section(
        "C core on a single processor",
        "Nanoseconds a message, median (least to most).",
        if_it_can_pin(channels()),
        PINNED,
        pinned=True,
    )


def pinned_python() -> Section:
    return Section(
        "Python on a single processor",
        "Nanoseconds a round trip, median (least to most).",
        if_it_can_pin(build.python()),
        PINNED_PYTHON,
        pinned=True,
    )


def crowded() -> Section:
    return Section(
        "C core with more threads than processors",
        "Nanoseconds a message, median (least to most).",
        tuple(each for each in channels() if each.name != rust_peers.ONE_RECEIVER),
        CROWDED,
        sharers=32,
    )


# ---- the C core and the benchmarks of Go's runtime ----

MICRO = {
    "MakeChan": 1_000_000,
    "ChanNonblocking": 2_000_000,
    "ChanUncontended": 10_000,
    "ChanContended": 10_000,
    "ChanCreation": 500_000,
    "ChanSem": 1_000_000,
    "ChanSync": 500_000,
    "ChanSyncWork": 100_000,
    "ChanProdCons0": 500_000,
    "ChanProdCons10": 500_000,
    "ChanProdCons100": 500_000,
    "ChanProdConsWork0": 500_000,
    "ChanProdConsWork10": 500_000,
    "ChanProdConsWork100": 500_000,
    "ChanPopular": 40,
    "ChanClosed": 2_000_000,
    "ReceiveDataFromClosedChan": 2_000_000,
    "SelectUncontended": 500_000,
    "SelectSyncContended": 200_000,
    "SelectAsyncContended": 500_000,
    "SelectNonblock": 500_000,
    "SelectProdCons": 500_000,
}


def go() -> Section:
    return Section(
        "C core: the channel benchmarks of Go's runtime",
        "Nanoseconds an operation, median (least to most).",
        (build.core(), build.go()),
        MICRO,
    )


# ---- Python ----

PYTHON = {
    "send_recv": 500_000,
    "try_send_try_recv": 500_000,
    **counts.CALLS,
    "ping_pong-0": 20_000,
    "ping_pong-1": 20_000,
    "ping_pong-unbounded": 20_000,
    **counts.THROUGHPUT,
    "send_many_recv_many": 2_000_000,
    "native_worker": 5_000_000,
    "native_worker-interval": 5_000_000,
    **counts.SELECT,
    "idle-cpu_us": 2_000,
    "idle-switches": 2_000,
}


def python() -> Section:
    return Section(
        "Python: heartbeat and the standard library's queues",
        "Nanoseconds an operation, median (least to most); what idle-... counts, README.md says.",
        (*build.python(), *contenders.standard("C method")),
        PYTHON,
    )


def peers() -> Section:
    return Section(
        "Python: heartbeat, other packages, asyncio and multiprocessing",
        "Nanoseconds an operation, median (least to most).",
        contenders.peers(),
        PEERS,
    )


# ---- heartbeats ----

BEATS = {"pulse": 10_000_000, "unit": 1_000_000, "pulse_ping_pong": 20_000, "rearm": 20_000}


def beats() -> Section:
    return Section(
        "Heartbeats: a sign of life, in Python and in C",
        "Nanoseconds an operation, median (least to most).",
        (*build.beats(), *contenders.standard("faulthandler", "threading.Timer")),
        BEATS,
    )


WORKERS = {
    "start_join": 4_000,
    "job": 20_000,
    "job_on_interval": 20_000,
    "generated": 200_000,
    "idle_workers-cpu_us": 2_000,
    "pulsing_workers-cpu_us": 2_000,
}


def workers() -> Section:
    return Section(
        "Workers beside the standard library's threads",
        "Nanoseconds an operation, median (least to most); what ..._workers counts, README.md says.",
        build.workers(),
        WORKERS,
    )


# ---- monitors ----

MONITORS = {
    f"{name}-{share}_us": 500
    for name in ("heard", "heard_hogs", "noticed_held", "noticed_held_hogs")
    for share in ("p50", "p99")
}


def monitors() -> Section:
    ours, *_ = build.python()
    return Section(
        "Monitors: how late a silence is told",
        "Microseconds after the timeout, median (least to most).",
        (ours,),
        MONITORS,
    )


# ---- timers, memory, size ----


def timers() -> Section:
    return Section(
        "Timers",
        "Nanoseconds an operation, microseconds and bytes, as the name says; median (least to most).",
        contenders.timers(),
        TIMERS,
    )


def memory() -> Section:
    return Section(
        "Memory: one more of each",
        "Bytes and KiB, resident, median (least to most).",
        contenders.memory(),
        MEMORY,
    )


def size() -> Section:
    wheel.make_wheel()
    return Section(
        "Size: what an import takes, and what there is to carry",
        "Milliseconds of a processor beyond a program that imports os alone, and KiB, median (least to most).",
        contenders.imported(),
        SIZE,
    )


SECTIONS: dict[str, Callable[[], Section]] = {
    "core": core, "go": go, "python": python, "peers": peers, "beats": beats, "workers": workers,
    "monitors": monitors, "timers": timers, "memory": memory, "size": size,
    "pinned": pinned, "pinned-python": pinned_python, "crowded": crowded,
}
