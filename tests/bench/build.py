"""Builds the programs that measure, into build/bench, and says which cannot be built."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from compare import Contender, Skipped
from stamp import unless_made

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "bench"
LONGEST_BUILD = 300.0
IMPATIENCE = {"CARGO_NET_RETRY": "1", "CARGO_HTTP_TIMEOUT": "10"}  # for machines without network
CFLAGS = ("-std=gnu11", "-O2", "-DNDEBUG", "-Wall", "-Wextra", "-pthread")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def run(*command: str, cwd: Path) -> None:
    """Runs a build step; what it says is shown only if it fails."""
    environment = {**os.environ, **IMPATIENCE}
    try:
        subprocess.run(command, cwd=cwd, env=environment, timeout=LONGEST_BUILD, check=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{shlex.join(command)}:\n{error.stdout}") from error
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"it took more than {LONGEST_BUILD:.0f} seconds") from error


def compiler() -> list[str]:
    return shlex.split(os.environ.get("CC", "cc"))


@cache
def core() -> Contender:
    """The C core with the programs in core/. It must build: it is what is measured."""
    BUILD.mkdir(parents=True, exist_ok=True)
    program = BUILD / "core"
    files = [path for folder in (ROOT / "csrc/core", HERE / "core") for path in sorted(folder.rglob("*.[ch]"))]
    version = output(*compiler(), "--version").splitlines()[0]
    command = (*compiler(), *CFLAGS, f"-I{ROOT / 'csrc/core'}", f"-I{HERE / 'core'}",
               *(str(path) for path in files if path.suffix == ".c"), "-o", str(program))
    unless_made(program, (version, *command), files, lambda: run(*command, cwd=ROOT))
    return Contender("heartbeat", (str(program),), f"csrc/core, {version}, {' '.join(CFLAGS)}")


def go() -> Contender | Skipped:
    if not shutil.which("go"):
        return Skipped("Go", "there is no go")
    program = BUILD / "go"
    try:
        run("go", "build", "-o", str(program), ".", cwd=HERE / "peers/go")
    except RuntimeError as error:
        return Skipped("Go", f"go could not build it: {last_line(error)}")
    return Contender("Go", (str(program),), output("go", "version"))


def python() -> tuple[Contender, ...]:
    """The package that this interpreter imports, and the queues that it brings along."""
    version = python_version()
    ours = f"heartbeat {importlib.metadata.version('heartbeat')}, {version}"
    program = (sys.executable, str(HERE / "python"))
    return tuple(
        Contender(kind, (*program, kind), said)
        for kind, said in (
            ("heartbeat", ours), ("queue.Queue", version), ("queue.SimpleQueue", version)
        )
    )


def workers() -> tuple[Contender, ...]:
    """Workers, and threads with a SimpleQueue each way."""
    ours, *_ = python()
    version = python_version()
    return ours, Contender("threading.Thread", (sys.executable, str(HERE / "python"), "threading.Thread"),
                           version)


def beats() -> tuple[Contender, ...]:
    """A heartbeat from Python and in C, and what else costs a call."""
    ours, *_ = python()
    in_c = core()
    version = python_version()
    program = (sys.executable, str(HERE / "python"))
    return (
        ours,
        Contender("heartbeat in C", in_c.command, in_c.version),
        Contender("C method", (*program, "C method"), f"float.conjugate of {version}"),
        Contender("threading.Event", (*program, "threading.Event"), version),
    )


def python_version() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}{gil_note()}"


def gil_note() -> str:
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)
    return "" if enabled() else ", free-threaded"


def last_line(error: RuntimeError) -> str:
    return str(error).strip().splitlines()[-1]
