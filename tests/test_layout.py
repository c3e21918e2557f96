"""The house keeps its order: who may include whom, and what no file may hold.

The ladder of the core is read from csrc/README.md. A part includes parts of its own step or of a
lower one, and headers never include each other in a circle.
"""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = ROOT / "csrc" / "core"
BINDING = ROOT / "csrc" / "binding"

# The ladder of csrc/README.md, a row a step: | 2 | `wait` `spin` | what they are |
ROW = re.compile(r"^\| (\d+) \| ((?:`\w+` ?)+)\|", re.MULTILINE)
STEP_OF = {part: int(step)
           for step, parts in ROW.findall((ROOT / "csrc" / "README.md").read_text())
           for part in re.findall(r"\w+", parts)}

# A Python type that takes several files has a header of its own, for these files alone.
FAMILIES = {
    "channel.h": {"channel", "channel_ops", "channel_batch", "channel_look",
                  "channel_value", "worker", "capi"},
    "timer.h": {"timer", "after_func"},
    "selector.h": {"selector", "selector_poll"},
    "task.h": {"task", "go", "deadlock"},
    "deadlock.h": {"deadlock", "deadlock_graph"},
    "bubble.h": {"bubble", "bubble_report", "bubble_schedule", "bubble_stall", "turn"},
    "beat.h": {"heartbeat", "heartbeat_ops", "pulses", "unit", "pause", "beat_stats",
               "worker", "capi", *(MONITOR := {"monitor", "monitor_life", "monitor_watch", "monitor_action",
                                       "monitor_event", "monitor_stats", "watch_gil"})},
    "monitor.h": MONITOR,
    "alive.h": {"alive", "after_func", *MONITOR},
    "stack.h": {"stack", "monitor", "monitor_life"},
    "gil_holder.h": {"gil_holder", "watch_gil"},
    "worker.h": {"worker", "worker_work", "worker_ops", "worker_run", "worker_context",
                 "worker_wait", "done"},
    "native.h": {"native", "native_pointer", "native_signature", "worker", "capi"},
    "capi.h": {"capi", "capi_calls", "native"},
    "heartbeat_abi.h": {"capi"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)
OWN_MODULE_IMPORT = re.compile(r'PyImport_\w+\s*\(\s*"heartbeat')
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")
MOST_LINES = 400


def c_files(folder: Path) -> list[Path]:
    return sorted([*folder.rglob("*.c"), *folder.rglob("*.h")])


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def includes(path: Path) -> list[str]:
    return INCLUDE.findall(path.read_text())


def part_of(name: str) -> str:
    """The part a core file belongs to: hb_chan.c -> chan, platform_linux.c -> platform."""
    return Path(name).stem.removeprefix("hb_").split("_")[0]


def core_edges(path: Path) -> Iterator[str]:
    """The other parts of the core that a file includes."""
    own = part_of(path.name)
    yield from {part_of(name) for name in includes(path) if name.startswith("hb_")} - {own}


core_files = pytest.mark.parametrize("path", c_files(CORE), ids=names(c_files(CORE)))
binding_files = pytest.mark.parametrize("path", c_files(BINDING), ids=names(c_files(BINDING)))
all_c_files = pytest.mark.parametrize("path", c_files(ROOT / "csrc"), ids=names(c_files(ROOT / "csrc")))


def test_every_part_of_the_core_is_on_the_ladder() -> None:
    assert {part_of(path.name) for path in c_files(CORE)} == set(STEP_OF)


@core_files
def test_core_includes_nothing_above_itself(path: Path) -> None:
    own = STEP_OF[part_of(path.name)]
    above = [part for part in core_edges(path) if STEP_OF[part] > own]
    assert above == []


def test_core_headers_include_nothing_in_a_circle() -> None:
    graph = {part_of(path.name): set(core_edges(path)) for path in CORE.glob("*.h")}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@core_files
def test_core_knows_nothing_of_python(path: Path) -> None:
    assert [name for name in includes(path) if "python" in name.lower()] == []
    assert "PyObject" not in path.read_text()


@core_files
def test_atomics_and_threads_have_one_door_each(path: Path) -> None:
    allowed = {"hb_atomic.h": {"stdatomic.h"}}.get(path.name, set())
    if not path.name.startswith("platform_"):
        doors = {"stdatomic.h", "pthread.h", "linux/futex.h", "sys/syscall.h", "signal.h", "time.h"}
        assert doors & set(includes(path)) <= allowed


@binding_files
def test_binding_files_meet_only_in_their_header(path: Path) -> None:
    shared = {"binding.h"} | {header for header, family in FAMILIES.items() if path.stem in family}
    local = re.findall(r'#\s*include\s+"([^"]+)"', path.read_text())
    assert [name for name in local if name not in shared and not (CORE / name).exists()] == []


@binding_files
def test_extension_imports_no_module_of_the_package(path: Path) -> None:
    assert OWN_MODULE_IMPORT.findall(path.read_text()) == []


@all_c_files
def test_no_c_file_is_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("folder", ["csrc", "heartbeat", "tests"])
def test_nothing_is_left_unfinished(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*.*")
             if path.suffix in {".c", ".h", ".py", ".pyi"} and path != Path(__file__)]
    assert files
    assert [str(path) for path in files if UNFINISHED.search(path.read_text())] == []


def imported_modules(path: Path) -> Iterator[str]:
    """Every module a Python file of the package imports, relative ones made absolute."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = "heartbeat." if node.level else ""
            yield prefix + (node.module or "")


@pytest.mark.parametrize("path", sorted((ROOT / "heartbeat").glob("*.py")), ids=lambda p: p.name)
def test_package_rests_on_the_extension(path: Path) -> None:
    foreign = [name for name in imported_modules(path) if name.split(".")[0] in {"tests", "setup"}]
    assert foreign == []
    assert path.name != "__init__.py" or "heartbeat._native" in imported_modules(path)


def test_no_type_is_made_twice() -> None:
    table = re.findall(r"hbpy_init_\w+", (BINDING / "module.c").read_text())
    assert len(table) == len(set(table)) > 20
