"""Digest every file of a folder with a pool of workers, and go on when one of them gets stuck.

    python digest.py [DIR] [--workers N] [--timeout SECONDS] [--list] [--with-stall]

Workers take paths from `jobs`, pulse before every file, and answer on `results`. The main thread
waits for all of that in one select. Every worker pulses on a channel of its own, so the silence of
one is noticed while the others go on: it is reported with the file it stalled on, a fresh worker
takes its place, and only that file is missing at the end.

`--with-stall` shows it: a temporary folder holds a link to DIR and a FIFO that nobody writes to.
DIR itself is only read.

Exit code: 0 when every file was digested or unreadable, 1 when a worker stalled, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from heartbeat import Channel, Closed, Task, Timer, go, now, select

BLOCK = 1 << 20  # bytes read at a time
PATIENCE = 1.0  # seconds granted to a worker to end when the work is over
WAITING_RESULTS = 16  # results that may wait for the main thread before the workers do


class Pulse(NamedTuple):
    worker: int
    path: str


class Digest(NamedTuple):
    path: str
    sha256: str
    size: int


class Unreadable(NamedTuple):
    path: str
    reason: str


class Unit(NamedTuple):
    """What a worker is at, and since when."""

    path: str
    since: float


Outcome: TypeAlias = Digest | Unreadable


def digest(path: str) -> Outcome:
    try:
        sha256, size = hashlib.sha256(), 0
        with open(path, "rb", buffering=0) as file:
            while block := file.read(BLOCK):
                sha256.update(block)
                size += len(block)
    except OSError as error:
        return Unreadable(path, error.strerror or str(error))
    return Digest(path, sha256.hexdigest(), size)


def work(
    number: int, jobs: Channel[str], pulses: Channel[Pulse], results: Channel[Outcome]
) -> None:
    """One worker: it ends when the jobs end, or when nobody wants results any more."""
    with suppress(Closed):
        for path in jobs:
            pulses.send(Pulse(number, path))
            results.send(digest(path))


def printable(line: str) -> str:
    """A file name need not be valid text; what is not is shown escaped."""
    return line.encode(errors="backslashreplace").decode()


class Progress:
    """Plain lines, one for every tenth of the work."""

    def __init__(self, total: int) -> None:
        self.total, self.count = total, 0

    def advance(self) -> None:
        self.count += 1
        if self.count * 10 // self.total > (self.count - 1) * 10 // self.total:
            self.say(f"{self.count} of {self.total} files")

    def say(self, line: str) -> None:
        print(printable(line), flush=True)


class Bar(Progress):
    """The progress bar of rich, on a terminal."""

    def __init__(self, bar: Any, total: int) -> None:
        self.bar, self.task = bar, bar.add_task("digesting", total=total)

    def advance(self) -> None:
        self.bar.advance(self.task)

    def say(self, line: str) -> None:
        self.bar.console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


class Pool:
    """The workers, what each of them is at, and what came of every file."""

    def __init__(self, paths: Sequence[str], timeout: float, progress: Progress) -> None:
        self.paths, self.timeout, self.progress = paths, timeout, progress
        self.jobs: Channel[str] = Channel(None)
        self.results: Channel[Outcome] = Channel(WAITING_RESULTS)
        self.pulses: list[Channel[Pulse]] = []
        self.tasks: dict[int, Task[None]] = {}
        self.timer = Timer(timeout)
        self.waiting_for = len(paths)
        self.at: dict[int, Unit] = {}
        self.worker_of: dict[str, int] = {}
        self.stalled: dict[int, Unit] = {}
        self.digests: list[Digest] = []
        self.unreadable: list[Unreadable] = []
        self.pulse_count = 0

    def hire(self) -> None:
        number = len(self.pulses) + 1
        pulses: Channel[Pulse] = Channel(None)  # unbounded: a pulse never waits and is never lost
        self.pulses.append(pulses)
        self.tasks[number] = go(
            work, number, self.jobs, pulses, self.results, name=f"worker {number}"
        )

    def run(self, workers: int) -> None:
        """Hand out the jobs, then wait for everything at once until every file is accounted for."""
        self.jobs.send_many(self.paths)
        self.jobs.close()
        for _ in range(workers):
            self.hire()
        while self.waiting_for:
            # In this order: silence is noticed however busy the rest is; pulses precede results.
            value = select(self.timer, *self.pulses, self.results, biased=True).value
            match value:
                case Pulse():
                    self.on_pulse(value)
                case Digest() | Unreadable():
                    self.on_result(value)
                case _:
                    self.on_timer()

    def on_pulse(self, pulse: Pulse) -> None:
        self.pulse_count += 1
        self.at[pulse.worker] = Unit(pulse.path, now())
        self.worker_of[pulse.path] = pulse.worker

    def on_result(self, result: Outcome) -> None:
        worker = self.worker_of.pop(result.path)
        if (
            self.at[worker].path == result.path
        ):  # else it went on, and its next pulse overtook this result
            del self.at[worker]
        if worker in self.stalled and self.stalled[worker].path == result.path:
            del self.stalled[worker]
            self.progress.say(f"worker {worker} is healthy again: it finished {result.path}")
        else:
            self.waiting_for -= 1
        if isinstance(result, Digest):
            self.digests.append(result)
        else:
            self.unreadable.append(result)
            self.progress.say(f"unreadable: {result.path}: {result.reason}")
        self.progress.advance()

    def on_timer(self) -> None:
        """Report who is silent for too long; the timer next fires when somebody else could be."""
        busy = {worker: unit for worker, unit in self.at.items() if worker not in self.stalled}
        for worker, unit in busy.items():
            if now() - unit.since >= self.timeout:
                self.on_silence(worker, unit)
        ends = [
            unit.since + self.timeout for worker, unit in busy.items() if worker not in self.stalled
        ]
        self.timer.reset(max(0.0, min(ends) - now()) if ends else self.timeout)

    def on_silence(self, worker: int, unit: Unit) -> None:
        self.progress.say(f"worker {worker} is not healthy: stalled on {unit.path}")
        self.stalled[worker] = unit
        self.waiting_for -= 1
        self.hire()

    def close(self) -> None:
        """Let everybody go, and wait for all but those that are stuck: nobody can end them."""
        self.results.close()
        for worker, task in self.tasks.items():
            if worker not in self.stalled:
                with suppress(TimeoutError):
                    task.join(timeout=PATIENCE)


@contextmanager
def progress_of(total: int) -> Iterator[Progress]:
    try:
        rich = importlib.import_module("rich.progress") if sys.stdout.isatty() else None
    except ImportError:
        rich = None
    if rich is None:
        yield Progress(total)
        return
    with rich.Progress() as bar:
        yield Bar(bar, total)


def files_under(*tops: Path) -> list[str]:
    """Every file below `tops`, and every folder that cannot be listed: opening it says why."""
    paths: list[str] = []
    unlisted: list[OSError] = []
    for top in tops:
        for folder, _, names in os.walk(top, onerror=unlisted.append):
            paths += (os.path.join(folder, name) for name in names)
    return paths + [str(error.filename) for error in unlisted]


@contextmanager
def stalling(folder: Path) -> Iterator[tuple[Path, Path]]:
    """A temporary folder with a FIFO nobody writes to, and a link in it that leads to `folder`."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        (top / "tree").symlink_to(folder.resolve(), target_is_directory=True)
        os.mkfifo(top / "stall")
        try:
            yield top, top / "tree"
        finally:
            with suppress(OSError):  # the reader's open() returns at last, and its thread can end
                os.close(os.open(top / "stall", os.O_WRONLY | os.O_NONBLOCK))


def summary(pool: Pool, seconds: float) -> Iterator[str]:
    size = sum(done.size for done in pool.digests)
    work_done = f"{len(pool.digests)} files, {size} bytes"
    yield f"{work_done}, {seconds:.2f} seconds, {pool.pulse_count} pulses"
    if pool.unreadable:
        yield f"{len(pool.unreadable)} unreadable"
    if pool.stalled:
        yield f"{len(pool.stalled)} stalled"


def run(paths: Sequence[str], options: argparse.Namespace) -> int:
    started = now()
    with progress_of(len(paths)) as progress:
        progress.say(f"{len(paths)} files, {options.workers} workers")
        pool = Pool(paths, options.timeout, progress)
        try:
            pool.run(options.workers)
        finally:
            pool.close()
            for line in summary(pool, now() - started):
                progress.say(line)
    if options.list:
        for done in sorted(pool.digests):
            print(printable(f"{done.sha256}  {done.path}"))
    return 1 if pool.stalled else 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Digest every file of a folder.")
    add, folder, workers = parser.add_argument, sysconfig.get_path("stdlib"), os.cpu_count() or 1
    add("folder", metavar="DIR", nargs="?", type=Path, default=Path(folder), help="(%(default)s)")
    add("--workers", metavar="N", type=int, default=max(4, workers), help="(%(default)s)")
    add("--timeout", metavar="SECONDS", type=float, default=5.0, help="silence to bear (5)")
    add("--list", action="store_true", help="print the digests, too")
    add("--with-stall", action="store_true", help="add a FIFO that nobody writes to")
    options = parser.parse_args(argv)
    if not options.folder.is_dir() or options.workers < 1 or options.timeout <= 0:
        parser.error("DIR must be a folder, N at least 1, and SECONDS more than 0")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    folders = stalling(options.folder) if options.with_stall else nullcontext((options.folder,))
    try:
        with folders as tops:
            return run(files_under(*tops), options)
    except KeyboardInterrupt:
        print("interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main())
