"""Digest every file of a folder with a pool of workers, and go on when one of them gets stuck.

    python digest.py [DIR] [--workers N] [--timeout SECONDS] [--list] [--with-stall]

Workers take paths from `jobs`; every file is a unit of work, which begins with a pulse and carries
its path. One monitor watches all workers, in a native thread of its own. The main thread waits for
all results and for the monitor in one select. The silence of a worker is reported with the file it
stalled on, a fresh worker takes its place, and only that file is missing at the end.

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

from heartbeat import Channel, Closed, Health, Monitor, Worker, WorkerContext, now, select

BLOCK = 1 << 20  # bytes read at a time
PATIENCE = 1.0  # seconds granted to a worker to end when the work is over
WAITING_RESULTS = 16  # results that may wait for the main thread before the workers do
ENDS = {"exited", "raised", "closed"}  # causes of health events that tell of no silence


class Digest(NamedTuple):
    path: str
    sha256: str
    size: int


class Unreadable(NamedTuple):
    path: str
    reason: str


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


class Digester:
    """The work of one worker: it ends when the jobs end."""

    def __init__(self, jobs: Channel[str]) -> None:
        self.jobs = jobs

    def work(self, ctx: WorkerContext) -> None:
        with suppress(Closed):
            while True:
                path = ctx.recv(self.jobs)
                with ctx.unit(path):
                    outcome = digest(path)
                ctx.send(outcome)


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
    """The workers, and what came of every file."""

    def __init__(self, paths: Sequence[str], timeout: float, progress: Progress) -> None:
        self.paths, self.progress = paths, progress
        self.jobs: Channel[str] = Channel(None, name="jobs")
        self.monitor = Monitor(timeout=timeout)
        self.workers: list[Worker[Outcome]] = []
        self.interval = timeout / 4  # waiting for work is no silence
        self.waiting_for = len(paths)
        self.stalled: dict[Worker[Outcome], str] = {}
        self.digests: list[Digest] = []
        self.unreadable: list[Unreadable] = []

    def hire(self) -> None:
        name = f"worker {len(self.workers) + 1}"
        worker: Worker[Outcome] = Worker(
            Digester(self.jobs).work, interval=self.interval, results=WAITING_RESULTS, name=name
        )
        self.monitor.watch(worker)  # before it starts: without jobs it ends at once
        self.workers.append(worker.start())

    def run(self, workers: int) -> None:
        """Hand out the jobs, then wait for everything at once until every file is accounted for."""
        self.jobs.send_many(self.paths)
        self.jobs.close()
        self.monitor.start()
        for _ in range(workers):
            self.hire()
        while self.waiting_for:
            # In this order: silence is noticed however busy the rest is.
            heard = select(self.monitor, *self.open_results(), biased=True).value
            if isinstance(heard, Health):
                self.on_health(heard)
            elif heard is not None:  # None: a worker's results have just ended
                self.on_result(heard)

    def open_results(self) -> Iterator[Worker[Outcome] | None]:
        """A worker whose results have ended is a case that never is ready."""
        for worker in self.workers:
            ended = worker.results.closed and not len(worker.results)
            yield None if ended else worker

    def on_result(self, result: Outcome) -> None:
        for worker in [worker for worker, path in self.stalled.items() if path == result.path]:
            del self.stalled[worker]
            self.progress.say(f"{worker.name} is healthy again: it finished {result.path}")
            break
        else:
            self.waiting_for -= 1
        if isinstance(result, Digest):
            self.digests.append(result)
        else:
            self.unreadable.append(result)
            self.progress.say(f"unreadable: {result.path}: {result.reason}")
        self.progress.advance()

    def on_health(self, health: Health) -> None:
        """Of one that ends, its results tell, and of one that recovers, the next result."""
        worker = next(worker for worker in self.workers if worker.beat is health.beat)
        if worker.exception is not None:
            raise worker.exception
        if not health.healthy and health.unit is not None and health.cause not in ENDS:
            self.progress.say(f"{worker.name} is not healthy: stalled on {health.unit}")
            self.stalled[worker] = health.unit
            self.waiting_for -= 1
            self.hire()

    def longest_gap(self) -> float:
        """Seconds between two pulses, of all workers."""
        return max(worker.beat.stats().longest_gap for worker in self.workers)

    def close(self) -> None:
        """Let everybody go, and wait for all but those that are stuck: nobody can end them."""
        for worker in self.workers:
            worker.stop()
        for worker in self.workers:
            if worker not in self.stalled:
                with suppress(TimeoutError):
                    worker.join(PATIENCE)
        self.monitor.close()


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
    yield f"{work_done}, {seconds:.2f} seconds"
    yield f"longest time between two pulses of a worker: {pool.longest_gap():.3f} seconds"
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
