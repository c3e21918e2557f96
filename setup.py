"""Builds heartbeat._native; everything that is not about the C sources is in pyproject.toml.

The core is plain C that never sees Python.h, so it is compiled apart from the binding, with a
stricter set of warnings. Environment variables for tests and CI:

  HEARTBEAT_WERROR=1           every warning is an error, and the core gets the strict set
  HEARTBEAT_SANITIZE=a,b       -fsanitize=a,b (for example address,undefined)
  HEARTBEAT_DEBUG=1            assertions on, light optimisation, debug information
"""

import os
from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE = sorted(glob("csrc/core/*.c"))
BINDING = sorted(glob("csrc/binding/*.c"))
HEADERS = sorted(glob("csrc/*/*.h"))
PUBLIC_HEADERS = glob("csrc/include/*.h")

COMMON = ["-std=gnu11", "-fvisibility=hidden", "-pthread", "-Wall", "-Wextra"]
STRICT_BINDING = ["-Werror", "-Wshadow"]
STRICT_CORE = [*STRICT_BINDING, "-Wpedantic", "-Wconversion"]


def mode_flags() -> tuple[list[str], list[str]]:
    """Compiler and linker flags of the build mode that the environment asks for."""
    debug = bool(os.environ.get("HEARTBEAT_DEBUG"))
    compile_flags = ["-O1", "-g", "-UNDEBUG"] if debug else ["-O2"]
    link_flags = ["-pthread"]
    if sanitizers := os.environ.get("HEARTBEAT_SANITIZE"):
        # A finding must end the process: a report that scrolls by fails no test.
        compile_flags += [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all",
                          "-fno-omit-frame-pointer", "-g"]
        link_flags += [f"-fsanitize={sanitizers}"]
    return compile_flags, link_flags


class BuildExt(build_ext):
    """Compiles the core with its own warnings, then the binding, and links both together."""

    def build_extension(self, ext: Extension) -> None:
        mode, link_flags = mode_flags()
        strict = bool(os.environ.get("HEARTBEAT_WERROR"))
        self.force = True  # what is there may be of another mode, which no file's age tells
        ext.extra_objects = self.compiler.compile(
            CORE, output_dir=self.build_temp, include_dirs=["csrc/core"],
            extra_postargs=COMMON + mode + STRICT_CORE * strict)
        ext.extra_compile_args = COMMON + mode + STRICT_BINDING * strict
        ext.extra_link_args = link_flags
        super().build_extension(ext)


# The core's sources are "depends" and not sources, since BuildExt compiles them: so the sdist
# carries them.
native = Extension("heartbeat._native", BINDING, depends=CORE + HEADERS,
                   include_dirs=["csrc/core", "csrc/binding", "csrc/include"])

# The public header lives with the C sources and is installed as heartbeat/include/heartbeat.h.
packages = {"heartbeat": "heartbeat", "heartbeat.testing": "heartbeat/testing"}
if PUBLIC_HEADERS:
    packages["heartbeat.include"] = "csrc/include"

setup(packages=list(packages), package_dir=packages, ext_modules=[native],
      package_data={"heartbeat": ["py.typed", "*.pyi"], "heartbeat.include": ["*.h"]},
      cmdclass={"build_ext": BuildExt})
