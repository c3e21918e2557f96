"""Native units: work of a Worker that is machine code and runs without the interpreter."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterator
from ctypes import POINTER, c_double, c_int64, c_void_p, py_object
from pathlib import Path
from typing import Any

import pytest

from heartbeat import Channel, Closed, Error, Worker, recv, select
from heartbeat.testing import explore
from native_build import shared_object
from support import SOON, wait_for_receivers, wait_until

WHOLE = b"int (heartbeat_worker *, void *)"
INT64 = b"int (void *, int64_t *)"
DOUBLE = b"int (void *, double *)"
CLOSED, TIMEOUT, TYPE = -7001, -7002, -7005

new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype = py_object
new_capsule.argtypes = [c_void_p, ctypes.c_char_p, c_void_p]
set_context = ctypes.pythonapi.PyCapsule_SetContext
set_context.argtypes = [py_object, c_void_p]


class Units:
    """The shared object, its units as ctypes pointers, and its functions for Python."""

    def __init__(self, path: Path) -> None:
        self.units, self.python = ctypes.CDLL(str(path)), ctypes.PyDLL(str(path))
        for name, result in [("count", c_int64), ("give_up", c_int64), ("has_data", c_int64),
                             ("halve", c_double)]:
            getattr(self.units, name).argtypes = [c_void_p, POINTER(result)]
        for name in ["twice", "doze", "compute", "try_all", "send_real"]:
            getattr(self.units, name).argtypes = [c_void_p, c_void_p]
        self.python.py_channel.restype = c_void_p
        self.python.py_channel.argtypes = [py_object]
        self.python.py_release.argtypes = [c_void_p]
        self.python.py_hold_until_len.argtypes = [c_void_p, ctypes.c_uint64, c_int64]
        assert self.python.py_import() == 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.units, name)

    def capsule(self, name: str, signature: bytes | None) -> Any:
        return new_capsule(ctypes.cast(getattr(self.units, name), c_void_p).value, signature, None)


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Units:
    folder = tmp_path_factory.mktemp("units")
    return Units(shared_object(Path(__file__).parent / "native_units.c", folder / "units.so"))


@pytest.fixture
def jobs(units: Units) -> Iterator[tuple[Channel[int], int]]:
    """A channel of int64, and its address."""
    channel: Channel[int] = Channel(8, dtype="q")
    address = units.python.py_channel(channel)
    yield channel, address
    units.python.py_release(address)


def numbers(end: int) -> array[int]:
    """Data for count and halve."""
    return array("q", [0, end])


def results(worker: Worker[Any]) -> list[Any]:
    with worker:
        return list(worker)


# The C type


@pytest.mark.parametrize("signature", [
    INT64, b"int(void*,int64_t*)", b"  int\t( void * ,\n int64_t * ) ", b"int (void *data, int64_t *result)",
    b"int (*)(void *, int64_t *)", b"int (*unit)(void *, int64_t *)", b"int count(void *, int64_t *)",
    b"int (void *, long *)", b"int (const void *, long int *)", b"int (void *, long long *)",
    b"int32_t (void * const, signed long long int *)",
])
def test_spellings_of_a_type(units: Units, signature: bytes) -> None:
    worker: Worker[int] = Worker(units.capsule("count", signature), data=numbers(3))
    assert results(worker) == [0, 1, 2]


@pytest.mark.parametrize("signature", [
    None, b"", b"int", b"int (", b"int ()", b"int (void)", b"int (void *)", b"int (void *, int64_t)",
    b"int (void *, int64_t *, int)", b"int (void *, int64_t *", b"int (void *, int64_t *) x",
    b"int (void *, int64_t **)", b"int (void **, int64_t *)", b"int (void, int64_t *)",
    b"int (void *, float *)", b"int (void *, uint64_t *)", b"int (void *, unsigned long *)",
    b"int (void *, void *)", b"int (int64_t *, void *)", b"int (heartbeat_worker, void *)",
    b"int (heartbeat_worker *, int64_t *)", b"int (heartbeat_worker *)", b"void (void *, int64_t *)",
    b"double (void *, double *)", b"int * (void *, int64_t *)", b"long (void *, int64_t *)",
    b"int (" + 100 * b"void " + b"*, int64_t *)", b"heartbeat._native.C_API",
])
def test_other_types_are_refused(units: Units, signature: bytes | None) -> None:
    with pytest.raises(TypeError) as caught:
        Worker(units.capsule("count", signature))
    for accepted in (WHOLE, INT64, DOUBLE):
        assert accepted.decode() in str(caught.value)


# Results and ends


def test_a_call_a_result(units: Units) -> None:
    worker: Worker[int] = Worker(units.capsule("count", INT64), data=numbers(1000), results=7)
    assert results(worker) == list(range(1000))
    assert worker.state == "returned" and worker.exception is None


def test_doubles(units: Units) -> None:
    worker: Worker[float] = Worker(units.capsule("halve", DOUBLE), data=numbers(4))
    assert results(worker) == [0.0, 0.5, 1.0, 1.5]


def test_every_call_is_a_unit_of_work(units: Units) -> None:
    worker: Worker[int] = Worker(units.count, data=numbers(10), results=20)
    results(worker)
    stats = worker.beat.stats()
    assert (stats.units, stats.pulses) == (11, 11)  # the last call found that there is no more
    assert sum(count for _, count in stats.unit_seconds.histogram) == 11


def test_with_an_interval_units_do_not_pulse(units: Units) -> None:
    worker: Worker[int] = Worker(units.count, data=numbers(10), results=20, interval=1000.0)
    results(worker)
    assert (worker.beat.stats().units, worker.beat.stats().pulses) == (11, 0)


@pytest.mark.parametrize("code", [-1, 2, 77, -2**31])
def test_another_code_is_raised(units: Units, code: int) -> None:
    worker: Worker[int] = Worker(units.give_up, data=array("q", [5, 0, code])).start()
    assert worker.results.recv(timeout=SOON) == 5
    with pytest.raises(Closed) as caught:
        worker.results.recv(timeout=SOON)
    worker.join(SOON)
    assert worker.state == "raised" and caught.value.cause is worker.exception
    assert type(worker.exception) is Error and worker.exception.code == code
    assert str(code) in str(worker.exception)


def test_other_errors_have_no_code() -> None:
    assert Error("?").code is None


def test_results_that_somebody_closed(units: Units) -> None:
    worker: Worker[int] = Worker(units.count, data=numbers(10))
    worker.results.close()
    worker.start().join(SOON)
    assert isinstance(worker.exception, Error) and worker.exception.code == CLOSED


def test_dtype_is_the_units_own(units: Units) -> None:
    with pytest.raises(TypeError, match="'q'"):
        Worker(units.count, dtype="d")
    with pytest.raises(TypeError, match="'d'"):
        Worker(units.halve, dtype="q")
    Worker(units.count, dtype="q")
    Worker(units.compute, dtype="d")


# Whole workers


def test_a_whole_worker(units: Units, jobs: tuple[Channel[int], int]) -> None:
    channel, address = jobs
    worker: Worker[int] = Worker(units.capsule("twice", WHOLE), data=address, results=8)
    channel.send_many([1, 2, 3])
    channel.close()
    assert results(worker) == [2, 4, 6]
    stats = worker.beat.stats()
    assert worker.state == "returned" and (stats.units, stats.pulses) == (3, 3)


def test_statuses(units: Units, jobs: tuple[Channel[int], int]) -> None:
    worker: Worker[int] = Worker(units.try_all, data=jobs[1])
    assert results(worker) == [TYPE, TYPE, TIMEOUT, TIMEOUT, 0, 0, ord("q")]


def test_a_status_may_be_passed_through(units: Units) -> None:
    worker: Worker[int] = Worker(units.send_real).start()
    worker.join(SOON)
    assert isinstance(worker.exception, Error) and worker.exception.code == TYPE
    real: Worker[float] = Worker(units.send_real, dtype="d")
    assert results(real) == [0.5]


# Stop and pulses


def test_stop_drops_the_result_nobody_took(units: Units) -> None:
    data = numbers(10)
    worker: Worker[int] = Worker(units.count, data=data).start()
    wait_until(lambda: worker.results.stats().waiting_senders)
    worker.stop()
    worker.join(SOON)
    assert worker.state == "stopped" and list(worker.results) == [] and list(data) == [1, 10]


@pytest.mark.parametrize("name", ["doze", "compute"])
def test_stop(units: Units, name: str) -> None:
    worker: Worker[int] = Worker(getattr(units, name)).start()
    wait_until(lambda: worker.state == "running")
    worker.stop()
    worker.join(SOON)
    assert worker.state == ("stopped" if name == "doze" else "returned")


def test_done_ends_a_wait_for_work(units: Units, jobs: tuple[Channel[int], int]) -> None:
    done: Channel[None] = Channel()
    worker: Worker[int] = Worker(units.twice, data=jobs[1], done=done).start()
    wait_for_receivers(jobs[0])
    done.close()
    worker.join(SOON)
    assert worker.state == "stopped"


@pytest.mark.parametrize("name", ["count", "twice", "doze"])
def test_pulses_go_on_while_it_waits(units: Units, jobs: tuple[Channel[int], int], name: str) -> None:
    data = numbers(10) if name == "count" else jobs[1]
    worker: Worker[int] = Worker(getattr(units, name), data=data, interval=0.001)
    with worker:
        instants = [worker.pulses.recv(timeout=SOON) for _ in range(5)]
        assert worker.state == "running"
    assert instants == sorted(instants) and instants[-1] - instants[0] >= 0.003


def test_it_does_not_need_the_interpreter(units: Units) -> None:
    worker: Worker[int] = Worker(units.count, data=numbers(10**9), results=100_000)
    address = units.python.py_channel(worker.results)
    with worker:
        assert units.python.py_hold_until_len(address, 100_000, int(SOON * 1e9)) == 1
    units.python.py_release(address)


# Turns


def test_units_take_turns_where_their_bubble_does(units: Units) -> None:
    orders: set[tuple[int, ...]] = set()

    def program() -> None:
        with Worker[int](units.count, data=numbers(3)) as one, Worker[int](units.count, data=numbers(3)) as other:
            orders.add(tuple(select(recv(one.results), recv(other.results)).index for _ in range(3)))

    for _ in range(20):
        explore(program, schedules=1, seed=5)
    assert len(orders) == 1
    explore(program, schedules=100)
    assert len(orders) == 8
