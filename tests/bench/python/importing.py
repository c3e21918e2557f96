"""How much longer a program takes that imports a package, and how large ours is to carry.

For the first the count is how often to run both programs, in turns. They run without the site module,
which imports more or less itself, depending on how what is there was installed; only os, which it always
imports, both import. And heartbeat comes from its wheel.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import sysconfig
from functools import partial
from pathlib import Path

from timing import Benchmark

WHEELS = Path(__file__).resolve().parents[3] / "build/bench/wheel"  # see ../wheel.py
PATHS = [str(WHEELS / "unpacked"), sysconfig.get_path("platlib")]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(PATHS)}
KIB = 1024


def cpu_seconds_of(program: str) -> float:
    """Of a processor: what others do on the machine counts less than in seconds of the clock."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-S", "-c", program], env=ENVIRONMENT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def milliseconds_to_import(module: str, count: int) -> float:
    with_it, without = [], []
    for _ in range(count):
        without.append(cpu_seconds_of("import os"))
        with_it.append(cpu_seconds_of(f"import os, {module}"))
    return (statistics.median(with_it) - statistics.median(without)) * 1000


def wheel() -> Path:
    (found,) = WHEELS.glob("*.whl")
    return found


def wheel_kib(_: int) -> float:
    return wheel().stat().st_size / KIB


def extension_kib(_: int) -> float:
    (extension,) = (WHEELS / "unpacked/heartbeat").glob("*.so")
    return extension.stat().st_size / KIB


IMPORTED = {
    "heartbeat": "heartbeat", "asyncio.Queue": "asyncio",
    "multiprocessing.Pipe": "multiprocessing.connection", "culsans": "culsans", "aiologic": "aiologic",
    "janus": "janus", "pygolang": "golang", "pysync-nogil": "pysync",
}

IMPORTING: dict[str, dict[str, Benchmark]] = {
    kind: {"import_ms": partial(milliseconds_to_import, module)} for kind, module in IMPORTED.items()
}
IMPORTING["heartbeat"] |= {"wheel_kib": wheel_kib, "extension_kib": extension_kib}
