"""The programs with the hot paths, and the tools on which their instructions depend."""

from __future__ import annotations

import importlib.util
import platform
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import build

HOT = build.HERE / "hot"

# What makes another interpreter of the same version, beside its compiler's options for the code.
BUILT_WITH = ("--enable-shared", "--enable-optimizations", "--with-lto", "--with-pydebug", "--disable-gil")

CLOCK = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")


@dataclass(frozen=True)
class Suite:
    """`command <path> <count>` goes a path so many times; without arguments it prints the paths."""

    name: str
    tools: str
    command: tuple[str, ...]
    count: int  # operations in the shorter of the two runs of a path
    environment: Mapping[str, str] = field(default_factory=dict)  # nothing of the user's

    def paths(self) -> list[str]:
        """An interpreter leaves its compiled modules here, so that all later runs find them."""
        done = subprocess.run(self.command, env=self.environment, check=True,
                              stdout=subprocess.PIPE, text=True)
        return done.stdout.split()


def kind_and_major(text: str) -> str:
    """GCC 12.2.0 -> gcc 12"""
    found = re.search(r"(\w+) (\d+)", text)
    return f"{found[1]} {found[2]}".lower() if found else text


def compiler() -> str:
    kind = "clang" if "clang" in build.output(*build.compiler(), "--version") else "gcc"
    version = build.output(*build.compiler(), "-dumpversion")
    return f"{kind_and_major(f'{kind} {version}')}, {platform.machine()}"


def core() -> Suite:
    build.BUILD.mkdir(parents=True, exist_ok=True)
    program = build.BUILD / "hot"
    engine, bench = build.ROOT / "csrc/core", build.HERE / "core"
    sources = (*sorted(engine.glob("*.c")), bench / "bench.c", HOT / "paths.c")
    build.run(*build.compiler(), *build.CFLAGS, f"-I{engine}", f"-I{bench}", *map(str, sources),
              "-o", str(program), cwd=build.ROOT)
    return Suite("core", compiler(), (str(program),), count=2000)


def clock() -> str:
    """By which Linux keeps its time: others than that of the processor cost a pulse more."""
    return CLOCK.read_text().strip() if CLOCK.exists() else platform.system()


def build_options() -> str:
    """How the interpreter was configured and compiled; an extension for it is compiled alike."""
    configured = str(sysconfig.get_config_var("CONFIG_ARGS"))
    compiled = shlex.split(str(sysconfig.get_config_var("CFLAGS")))
    return " ".join((*(option for option in BUILT_WITH if option in configured),
                     *sorted({flag for flag in compiled if flag.startswith(("-O", "-f"))})))


def interpreter() -> str:
    version = ".".join(platform.python_version_tuple()[:2])
    return (f"{platform.python_implementation()} {version} ({build_options()}) "
            f"by {kind_and_major(platform.python_compiler())}")


def package_folder() -> Path:
    """Where this interpreter finds the package, which it has to find without `site`, too."""
    found = importlib.util.find_spec("heartbeat")
    if not found or not found.origin:
        raise SystemExit("there is no package heartbeat to measure: make build")
    return Path(found.origin).parents[1]


def python() -> Suite:
    """What depends on chance or on the machine is left out: hashes, the modules of `site`."""
    environment = {"PYTHONHASHSEED": "0", "PYTHONPATH": str(package_folder())}
    return Suite("python", f"{interpreter()}; the package by {compiler()}; clock {clock()}",
                 (sys.executable, "-S", str(HOT / "paths.py")), 5000, environment)
