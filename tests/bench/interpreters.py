"""heartbeat under other interpreters, such as a free-threaded one: each becomes a contender.

Each gets an environment of its own in build/bench, with heartbeat built in. The core's and the
peers' programs do not depend on the interpreter, so they run once.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import contenders
from build import BUILD, ROOT, output, run
from compare import Contender, Skipped
from sections import Section
from wheel import COPY, copy_sources

TELL = "import platform, sysconfig as s; print(s.get_python_version() + 't' * bool(s.get_config_var('Py_GIL_DISABLED')), " \
    "platform.python_implementation(), platform.python_version())"


def build_tool() -> str:
    """The version of setuptools that the tests are run with."""
    found = re.search(r"^setuptools==\S+$", (ROOT / "tests/requirements.txt").read_text(), re.MULTILINE)
    assert found
    return found.group()


def environment(python: Path, name: str) -> Path:
    """Its interpreter."""
    folder = BUILD / f"python-{name}"
    own = folder / "bin/python"
    run(str(python), "-m", "venv", "--clear", str(folder), cwd=ROOT)
    copy_sources()
    run(str(own), "-m", "pip", "install", "--quiet", build_tool(), cwd=ROOT)
    run(str(own), "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", str(COPY), cwd=ROOT)
    return own


@cache
def contender(python: Path) -> Contender | Skipped:
    try:
        name, *version = output(str(python), "-c", TELL).split()
        own = environment(python.absolute(), name)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        return Skipped(f"heartbeat under {python}", str(error).strip().splitlines()[-1])
    free = ", free-threaded" * name.endswith("t")
    return Contender(f"heartbeat {name}", (str(own), *contenders.ours().command[1:]), " ".join(version) + free)


def beside(section: Section, pythons: Sequence[Path]) -> Section:
    """The section, if heartbeat runs in Python there, with a contender for each interpreter."""
    if not pythons or contenders.ours() not in section.contenders:
        return section
    return replace(section, contenders=(*section.contenders, *map(contender, pythons)))
