"""The example extension: built as its users would build it, as C and as C++, and run; and the C interface."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import heartbeat
from heartbeat import Channel, Heartbeat, Worker, go, nil
from native_build import shared_object
from support import SOON

EXAMPLE = Path(__file__).parent / "examples" / "native"
PACKAGE = Path(heartbeat.__file__).parent.parent


def run(folder: Path, *arguments: str) -> str:
    """A Python program in that folder; what it printed."""
    paths = os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": paths}, timeout=8 * SOON)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["c99", "c11", "c++11"])
def scaling(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("scaling")
    path = shared_object(EXAMPLE / "scaling.c", folder / "scaling.so", request.param)
    spec = importlib.util.spec_from_file_location("scaling", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def doubles(*values: float, capacity: int | None = None) -> Channel[float]:
    channel: Channel[float] = Channel(capacity, dtype="d")
    channel.send_many(values)
    return channel


# As a user builds it


def test_built_and_run(tmp_path: Path) -> None:
    for name in ("setup.py", "scaling.c", "demo.py"):
        shutil.copy(EXAMPLE / name, tmp_path)
    run(tmp_path, "setup.py", "-q", "build_ext", "--inplace")
    assert run(tmp_path, "demo.py").splitlines() == [
        "1.0 -> 2.5", "2.0 -> 5.0", "4.0 -> 10.0", "returned after 3 units"]


def test_include_folder_has_the_headers() -> None:
    assert {path.name for path in Path(heartbeat.get_include()).glob("*.h")} == {
        "heartbeat.h", "heartbeat_abi.h"}


@pytest.mark.parametrize("language", ["c99", "c11", "c++11", "c++17"])
@pytest.mark.parametrize("define", ["", "#define HEARTBEAT_NO_PYTHON\n"])
def test_headers_alone(tmp_path: Path, language: str, define: str) -> None:
    source = tmp_path / "alone.c"
    source.write_text(define + "#include <heartbeat.h>\nint alone(void);\nint alone(void) { return 0; }\n")
    shared_object(source, tmp_path / "alone.so", language)


# What it does


def test_words_move_without_the_gil(scaling: Any) -> None:
    source, target, beat = doubles(1.0, 2.0, 3.0), doubles(), Heartbeat()
    source.close()
    assert scaling.scale(beat, source, target, 2.0, SOON) == 3
    assert target.recv_many(9) == [2.0, 4.0, 6.0]
    stats = beat.stats()
    assert stats.pulses == 1 and stats.progress == (3.0, None, "scaling")


def test_native_waits_meet_python(scaling: Any) -> None:
    source, target = doubles(capacity=0), doubles(capacity=0)
    task = go(scaling.scale, Heartbeat(), source, target, 0.5, SOON)
    for value in (1.0, 2.0, 3.0):
        source.send(value, timeout=SOON)
        assert target.recv(timeout=SOON) == value / 2
    source.close()
    assert task.result(SOON) == 3


def test_statuses_become_exceptions(scaling: Any) -> None:
    source, target, beat = doubles(), doubles(), Heartbeat()
    with pytest.raises(TimeoutError):
        scaling.scale(beat, source, target, 1.0, 0.001)
    with pytest.raises(TimeoutError):
        scaling.scale(beat, source, target, 1.0, 0.0)
    with pytest.raises(TypeError, match="something else"):
        scaling.scale(beat, Channel(1), target, 1.0, 0.0)
    for arguments in [(beat, nil, target), (beat, source, beat), (source, source, target)]:
        with pytest.raises(TypeError):
            scaling.scale(*arguments, 1.0, 0.0)


def test_a_beat_opened_natively(scaling: Any) -> None:
    beat = scaling.open_beat("mixer")
    assert isinstance(beat, Heartbeat) and beat.name == "mixer" and not beat.closed
    beat.pulse()
    assert beat.stats().pulses == 1 and beat.close()


def test_a_native_unit(scaling: Any) -> None:
    source = doubles(capacity=0)
    with Worker(scaling.scaler(source, 3.0), dtype="d", interval=0.001) as worker:
        for value in (1.0, 2.0):
            source.send(value, timeout=SOON)
            assert worker.results.recv(timeout=SOON) == 3 * value
        assert worker.pulses.recv(timeout=SOON) < worker.pulses.recv(timeout=SOON)
    assert worker.state == "stopped"


def test_the_unit_keeps_its_channel(scaling: Any) -> None:
    source = doubles(1.0, 2.0)
    unit = scaling.scaler(source, 3.0)
    source.close()
    del source
    worker: Worker[float] = Worker(unit, dtype="d")
    del unit
    with worker:
        assert list(worker) == [3.0, 6.0]


# The table, as a unit of another kind would find it


class Api(ctypes.Structure):
    """Some of the functions, in their places."""

    _fields_ = [("abi", ctypes.c_uint32), ("size", ctypes.c_uint32),
                ("now", ctypes.CFUNCTYPE(ctypes.c_int64)),
                ("sleep", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int64)),
                ("text", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_int))]


@pytest.fixture
def api() -> Api:
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype = ctypes.c_void_p
    get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    address = get_pointer(heartbeat._native.C_API, b"heartbeat._native.C_API")
    return Api.from_address(address)


def test_time_natively(api: Api) -> None:
    before = heartbeat.now()
    assert api.sleep(2_000_000) == 0
    assert before + 0.002 <= api.now() / 1e9 <= heartbeat.now()
    assert api.sleep(0) == 0 and api.sleep(-5) == 0


def test_every_status_has_a_text(api: Api) -> None:
    texts = {api.text(status) for status in (0, *range(-7007, -7000))}
    assert len(texts) == 8 and api.text(1) == api.text(-1) not in texts


def test_an_extension_that_needs_more_is_told(tmp_path: Path, api: Api) -> None:
    source = tmp_path / "newer.c"
    source.write_text("#include <heartbeat_abi.h>\n#undef HEARTBEAT_ABI\n#define HEARTBEAT_ABI 99\n"
                      "#include <heartbeat.h>\nint py_import(void);\n"
                      "int py_import(void) { return heartbeat_import(); }\n")
    newer = ctypes.PyDLL(str(shared_object(source, tmp_path / "newer.so")))
    with pytest.raises(ImportError, match=f"number {api.abi}, this extension needs 99"):
        newer.py_import()
