"""Builds the wheel that is weighed, without symbols, as one ships it, and unpacks it beside itself."""

from __future__ import annotations

import shutil
import sys

from build import BUILD, ROOT, run

SOURCES = ("csrc", "heartbeat", "setup.py", "pyproject.toml", "README.md", "LICENSE")
WHEELS = BUILD / "wheel"
COPY = BUILD / "source"


def copy_sources() -> None:
    """So that building does not touch the tree, where others may be at work."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, COPY / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        else:
            shutil.copy(source, COPY)


def make_wheel() -> None:
    copy_sources()
    shutil.rmtree(WHEELS, ignore_errors=True)
    run("env", "LDFLAGS=-s", sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "--wheel-dir", str(WHEELS), str(COPY), cwd=COPY)
    (wheel,) = WHEELS.glob("*.whl")
    shutil.unpack_archive(wheel, WHEELS / "unpacked", "zip")
