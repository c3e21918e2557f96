"""Compiles C and C++ for tests, with the compiler that builds the package, every warning an error."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import heartbeat

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]


def compiler(name: str) -> list[str]:
    """CC or CXX, as Python was built with."""
    return str(sysconfig.get_config_var(name)).split()


def shared_object(source: Path, target: Path, language: str = "c99") -> Path:
    """The source as a shared object that Python can load; c99 or c++11."""
    kind = "c++" if language.startswith("c++") else "c"
    command = [*compiler("CXX" if kind == "c++" else "CC"), "-x", kind, f"-std={language}", *STRICT,
               "-O2", "-fPIC", "-shared", "-pthread", "-I", heartbeat.get_include(),
               "-isystem", sysconfig.get_path("include"), str(source), "-o", str(target)]
    if bundle := sysconfig.get_config_var("LDSHARED").partition("-undefined")[2]:
        command += ["-undefined", *bundle.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return target
