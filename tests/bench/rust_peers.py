"""The channels of Rust: one program, peers/rust, built once for all of them."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

from build import BUILD, HERE, last_line, output, run
from compare import Contender, Skipped

COPY = BUILD / "rust"

ONE_RECEIVER = "std mpsc"  # several threads cannot receive from it

# The crate of each. The standard library is none.
CRATES = {"crossbeam": "crossbeam-channel", "flume": "flume", "kanal": "kanal", ONE_RECEIVER: None}


def build_program() -> Path:
    """Built in a copy, so that the lock file and the objects stay out of the source."""
    if not shutil.which("cargo"):
        raise RuntimeError("there is no cargo")
    shutil.copytree(HERE / "peers/rust", COPY, dirs_exist_ok=True)
    try:
        run("cargo", "build", "--release", "--jobs", "2", "--quiet", cwd=COPY)
    except RuntimeError as error:
        raise RuntimeError(f"cargo could not build it: {last_line(error)}") from error
    return COPY / "target/release/bench-rust"


def locked_version(crate: str) -> str:
    lock = (COPY / "Cargo.lock").read_text()
    found = re.search(rf'name = "{crate}"\nversion = "([^"]+)"', lock)
    return found.group(1) if found else "of unknown version"


def version(crate: str | None) -> str:
    compiler = f"{output('rustc', '--version')}, --release"
    return f"{crate} {locked_version(crate)}, {compiler}" if crate else compiler


@cache
def contenders() -> tuple[Contender | Skipped, ...]:
    try:
        program = str(build_program())
    except RuntimeError as error:
        return tuple(Skipped(name, str(error)) for name in CRATES)
    return tuple(Contender(name, (program, name), version(crate)) for name, crate in CRATES.items())
