"""A native worker makes numbers, each a unit of work, and Python takes them in batches."""

from __future__ import annotations

import ctypes
import subprocess
import sysconfig
import tempfile
from array import array
from pathlib import Path
from typing import Any

import heartbeat

from timing import Benchmark, nanoseconds_each

ROOM = 65536  # what the channel holds, and the most that is taken at once


def compiled() -> Any:
    """The unit as a ctypes pointer."""
    source = Path(__file__).parent / "native_count.c"
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "count.so")
        compiler = str(sysconfig.get_config_var("CC")).split()
        subprocess.run([*compiler, "-O2", "-shared", "-fPIC", str(source), "-o", str(target)], check=True)
        unit = ctypes.CDLL(str(target)).count
    unit.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64)]
    return unit


def to_python(interval: float | None) -> Benchmark:
    def benchmark(count: int) -> float:
        worker: heartbeat.Worker[int] = heartbeat.Worker(
            compiled(), data=array("q", [0, count]), results=ROOM, interval=interval)

        def work() -> None:
            left = count
            while left:
                left -= len(worker.results.recv_many(ROOM))

        with worker:
            return nanoseconds_each(count, work)

    return benchmark


def scenarios() -> dict[str, Benchmark]:
    return {"native_worker": to_python(None), "native_worker-interval": to_python(0.001)}
