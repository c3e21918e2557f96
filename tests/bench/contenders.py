"""The contenders that are Python programs: what each is called, and which of them can run here."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import build
from compare import Contender, Skipped

PROGRAM = (sys.executable, str(Path(__file__).resolve().parent / "python"))

# The packages beside heartbeat, by the name of the contender: what installs them.
PACKAGES = {name: name for name in ("culsans", "aiologic", "janus", "pygolang", "pysync-nogil")}
OF_STANDARD_LIBRARY = (
    "asyncio.Queue", "asyncio, two threads", "multiprocessing.SimpleQueue", "multiprocessing.Pipe",
)


def standard(*names: str) -> tuple[Contender, ...]:
    """What the interpreter brings along."""
    return tuple(Contender(name, (*PROGRAM, name), build.python_version()) for name in names)


def package(name: str) -> Contender | Skipped:
    """A package from elsewhere, if it can be imported."""
    listing = subprocess.run([*PROGRAM, name], capture_output=True, text=True)
    if listing.returncode:
        return Skipped(name, listing.stderr.strip().splitlines()[-1])
    return Contender(name, (*PROGRAM, name), f"{importlib.metadata.version(PACKAGES[name])}, {build.python_version()}")


def ours() -> Contender:
    return build.python()[0]


def in_c() -> Contender:
    core = build.core()
    return Contender("heartbeat in C", core.command, core.version)


def peers() -> tuple[Contender | Skipped, ...]:
    return (ours(), *map(package, PACKAGES), *standard(*OF_STANDARD_LIBRARY))


def timers() -> tuple[Contender | Skipped, ...]:
    return (ours(), in_c(), build.go(), *standard("threading.Timer", "asyncio.call_later", "sched"))


def memory() -> tuple[Contender | Skipped, ...]:
    return (ours(), in_c(), build.go(), *standard(
        "queue.Queue", "queue.SimpleQueue", "asyncio.Queue", "threading.Event", "threading.Thread"))


def imported() -> tuple[Contender | Skipped, ...]:
    return (ours(), *standard("asyncio.Queue", "multiprocessing.Pipe"), *map(package, PACKAGES))
