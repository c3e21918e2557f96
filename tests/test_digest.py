"""The digest example: every file digested, a stalled worker reported, nothing else lost."""

from __future__ import annotations

import hashlib
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from heartbeat import Channel, go, sleep

EXAMPLES = Path(__file__).parent / "examples"
SOON = 30.0  # seconds: nothing that works takes as long, whatever else the machine does


def command(*arguments: object) -> list[str]:
    return [sys.executable, str(EXAMPLES / "digest.py"), *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=2 * SOON)


@pytest.fixture
def digest(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import digest  # type: ignore[import-not-found, unused-ignore]

    return digest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """40 files in two folders: an empty one, one of more than a block, and small ones."""
    top = tmp_path / "tree"
    (top / "below").mkdir(parents=True)
    (top / "empty").touch()
    (top / "large").write_bytes(bytes(range(256)) * 5000)
    for number in range(38):
        (top / ("below" if number % 2 else ".") / f"file{number}").write_text(f"content {number}\n")
    return top


def expected(tree: Path) -> list[str]:
    paths = [path for path in tree.rglob("*") if path.is_file()]
    return sorted(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(tree)}"
        for path in paths
    )


def listed(output: str, tree: Path | str) -> list[str]:
    lines = [line for line in output.splitlines() if re.match(r"[0-9a-f]{64}  ", line)]
    return sorted(line.replace(f"{tree}/", "") for line in lines)


def test_every_file_is_digested(tree: Path) -> None:
    ended = run(tree, "--list", "--timeout", SOON)
    assert ended.stderr == "" and ended.returncode == 0
    assert listed(ended.stdout, tree) == expected(tree)
    size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
    assert re.search(rf"^40 files, {size} bytes, \d+\.\d\d seconds$", ended.stdout, re.MULTILINE)
    assert re.search(r"^longest time between two pulses .*: \d+\.\d\d\d", ended.stdout, re.MULTILINE)
    assert "36 of 40 files\n40 of 40 files\n" in ended.stdout


def test_one_worker_is_enough_and_no_file_is_no_error(tree: Path, tmp_path: Path) -> None:
    assert listed(run(tree, "--list", "--workers", 1).stdout, tree) == expected(tree)
    (tmp_path / "nothing").mkdir()
    ended = run(tmp_path / "nothing")
    assert "0 files, 0 bytes" in ended.stdout and ended.returncode == 0


def test_defaults(digest: Any) -> None:
    options = digest.parse([])
    assert options.folder == Path(os.__file__).parent
    assert options.workers >= 2 and options.timeout == 5.0


@pytest.mark.parametrize("arguments", [["/nowhere"], ["--workers", "0"], ["--timeout", "0"]])
def test_nonsense_is_refused(arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2 and "DIR must be a folder" in ended.stderr


def test_the_unreadable_are_reported_and_not_fatal(tree: Path) -> None:
    before = expected(tree)
    (tree / "broken").symlink_to("nowhere")
    ended = run(tree, "--list")
    assert f"unreadable: {tree}/broken: No such file or directory\n" in ended.stdout
    assert "\n1 unreadable\n" in ended.stdout
    assert listed(ended.stdout, tree) == before and ended.returncode == 0


def test_a_name_that_is_no_text_is_shown_escaped(tree: Path) -> None:
    os.rename(os.fsencode(tree / "empty"), os.fsencode(tree) + b"/\xff")
    ended = run(tree, "--list")
    assert f"{tree}/\\udcff\n" in ended.stdout and ended.returncode == 0


def test_with_stall_reports_the_worker_and_loses_nothing(tree: Path) -> None:
    ended = run(tree, "--with-stall", "--list", "--timeout", 1, "--workers", 4)
    (report,) = re.findall(
        r"^worker (\d+) is not healthy: stalled on (.*)$", ended.stdout, re.MULTILINE
    )
    folder = Path(report[1]).parent
    assert 1 <= int(report[0]) <= 4 and Path(report[1]).name == "stall"
    assert listed(ended.stdout, folder / "tree") == expected(tree)
    assert re.search(r"^40 files, .*\n.*\n1 stalled$", ended.stdout, re.MULTILINE)
    assert ended.stderr == "" and ended.returncode == 1
    assert not folder.exists() and len(expected(tree)) == 40


def test_more_stalls_than_workers(tree: Path) -> None:
    before = expected(tree)
    fifos = [tree / "below" / f"fifo{number}" for number in range(3)]
    for fifo in fifos:
        os.mkfifo(fifo)
    ended = run(tree, "--list", "--timeout", 1, "--workers", 2)
    reports = re.findall(
        r"^worker (\d+) is not healthy: stalled on (.*)$", ended.stdout, re.MULTILINE
    )
    assert sorted(path for _, path in reports) == sorted(map(str, fifos))
    assert len({worker for worker, _ in reports}) == 3
    assert listed(ended.stdout, tree) == before
    assert (
        ended.stderr == "" and ended.returncode == 1
    )  # and it ended, though three threads never will


class Heard:
    """Progress that a test listens to: what was said, and "+" for every file."""

    def __init__(self) -> None:
        self.events: Channel[str] = Channel(None)

    def advance(self) -> None:
        self.events.send("+")

    def say(self, line: str) -> None:
        self.events.send(line)


def test_silence_is_noticed_while_the_others_go_on(
    digest: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = digest.digest

    def slow(path: str) -> Any:
        sleep(0.005)
        return quick(path)

    monkeypatch.setattr(digest, "digest", slow)
    os.mkfifo(tmp_path / "fifo")
    files = [tmp_path / f"file{number}" for number in range(400)]  # for one worker two seconds
    for file in files:
        file.touch()
    heard = Heard()
    pool = digest.Pool([str(tmp_path / "fifo"), *map(str, files)], 1.0, heard)
    pool.run(2)
    heard.events.close()
    events = list(heard.events)
    assert events.count("+") == len(pool.digests) == 400
    (report,) = (event for event in events if "healthy" in event)
    assert report.endswith(f" is not healthy: stalled on {tmp_path / 'fifo'}")
    assert events[0] == events[-1] == "+"  # work before the report, and after it
    (tmp_path / "fifo").write_text("")  # lets the stalled thread end
    pool.close()


def test_a_worker_that_comes_back_is_healthy_again(digest: Any, tmp_path: Path) -> None:
    fifos = [tmp_path / "first", tmp_path / "second"]
    for fifo in fifos:
        os.mkfifo(fifo)
    heard = Heard()
    pool = digest.Pool(list(map(str, fifos)), 1.0, heard)
    task = go(pool.run, 1)
    assert heard.events.recv(timeout=SOON) == f"worker 1 is not healthy: stalled on {fifos[0]}"
    fifos[0].write_text("late")
    assert heard.events.recv(timeout=SOON) == f"worker 1 is healthy again: it finished {fifos[0]}"
    fifos[1].write_text("in time")
    task.result(SOON)
    pool.close()
    assert sorted(done.size for done in pool.digests) == [4, 7] and not pool.stalled


def test_ctrl_c_ends_it_cleanly(tree: Path) -> None:
    (tree / "broken").symlink_to("nowhere")
    os.mkfifo(tree / "fifo")
    arguments = command(tree, "--timeout", 2 * SOON)
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        while not process.stdout.readline().startswith("unreadable"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=SOON)
    assert output.endswith("interrupted\n") and " files, " in output
    assert errors == "" and process.returncode == 130


def test_on_a_terminal_with_rich_or_without(tree: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(command(tree), stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # how Linux says that the other side is closed
            pass
    os.close(ours)
    assert process.returncode == 0 and b"40 files, " in shown and b"between two pulses" in shown
