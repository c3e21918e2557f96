"""How long after its time is up a silence is noticed, and how long until Python hears of it.

Here the count is how many beats fall silent, two milliseconds after one another. `heard`: when a
thread of Python has received the event, `noticed`: when the native thread spoke the verdict. `held`:
while a thread keeps the interpreter lock from the last pulse to the last verdict; `hogs`: while two
other processes compute.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import heartbeat

from timing import Benchmark

FIRST = 0.2  # seconds of silence, of the first beat
STEP = 0.002

Latencies = list[float]  # seconds, of each silence


@contextmanager
def hogs(n: int) -> Iterator[None]:
    """Other programs that want a processor each."""
    running = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(n)]
    try:
        yield
    finally:
        for hog in running:
            hog.kill()
            hog.wait()


def timeout_of(i: int) -> float:
    return FIRST + i * STEP


@contextmanager
def watched(count: int) -> Iterator[tuple[heartbeat.Monitor, dict[heartbeat.Heartbeat, float]]]:
    """A monitor that runs, and its beats, which have pulsed for the last time."""
    beats = {heartbeat.Heartbeat(f"beat {i}"): timeout_of(i) for i in range(count)}
    monitor = heartbeat.Monitor(grace=60.0, stack=False)
    for beat, timeout in beats.items():
        monitor.watch(beat, timeout=timeout)
    with monitor:
        for beat in beats:
            beat.pulse()
        yield monitor, beats


def hear(count: int) -> Latencies:
    with watched(count) as (monitor, beats):
        late = []
        for _ in beats:
            health = monitor.recv()
            late.append(heartbeat.now() - health.since - beats[health.beat])
        return late


def notice_while_held(count: int) -> Latencies:
    """The lock is kept by a read() in C, until a last verdict writes to the pipe."""
    reader, writer = os.pipe()
    last = heartbeat.Heartbeat("last")
    keep_lock = ctypes.PyDLL(None).read
    with heartbeat.Monitor(last, timeout=timeout_of(count) + FIRST, stack=False).notify(writer, b"!"):
        with watched(count) as (monitor, beats):
            keep_lock(reader, ctypes.create_string_buffer(1), 1)
            events = [monitor.recv() for _ in beats]
    os.close(reader)
    os.close(writer)
    return [health.silent_for - beats[health.beat] for health in events]


def percentile(measure: Callable[[int], Latencies], n_hogs: int, share: float, count: int) -> float:
    """Microseconds which that share of the silences was told within."""
    with hogs(n_hogs):
        late = sorted(measure(count))
    return late[min(int(share * count), count - 1)] * 1e6


def scenarios() -> dict[str, Benchmark]:
    measures = {
        "heard": (hear, 0), "heard_hogs": (hear, 2),
        "noticed_held": (notice_while_held, 0), "noticed_held_hogs": (notice_while_held, 2),
    }
    return {
        f"{name}-p{percent}_us": partial(percentile, measure, n_hogs, percent / 100)
        for name, (measure, n_hogs) in measures.items()
        for percent in (50, 99)
    }
