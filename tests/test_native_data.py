"""What native units come from and are given: pointers of ctypes, cffi and numba; data; how long both live."""

from __future__ import annotations

import ctypes
import gc
import sys
import weakref
from array import array
from ctypes import CFUNCTYPE, POINTER, c_double, c_int, c_int64, c_void_p
from types import SimpleNamespace
from typing import Any

import pytest

from heartbeat import Worker
from support import SOON
from test_native_units import INT64, Units, new_capsule, numbers, results, set_context, units

__all__ = ["units"]  # the fixture

PROTOTYPE = CFUNCTYPE(c_int, c_void_p, POINTER(c_int64))


def address_of(function: Any) -> int:
    address = ctypes.cast(function, c_void_p).value
    assert address
    return address


# ctypes


def test_ctypes_functions_and_pointers(units: Units) -> None:
    pointer = PROTOTYPE(address_of(units.count))
    for work in (units.count, pointer, ctypes.cast(units.count, PROTOTYPE)):
        worker: Worker[int] = Worker(work, data=numbers(3))
        assert results(worker) == [0, 1, 2]


@pytest.mark.parametrize("result, arguments", [
    (c_int, [c_void_p]), (c_int, [c_void_p, c_int64]), (c_double, [c_void_p, POINTER(c_int64)]),
    (None, [c_void_p, POINTER(c_int64)]), (c_int, [POINTER(c_int64), c_void_p]),
    (c_int, [c_void_p, POINTER(c_int)]), (c_int, []), (c_int, [c_void_p, ctypes.c_char_p]),
    (c_int, [ctypes.POINTER(ctypes.c_uint64), POINTER(c_int64)]),
])
def test_ctypes_types_are_checked(result: Any, arguments: list[Any], units: Units) -> None:
    work = CFUNCTYPE(result, *arguments)(address_of(units.count))
    with pytest.raises(TypeError, match="native unit"):
        Worker(work)


def test_ctypes_argument_types_must_be_there(units: Units) -> None:
    library = ctypes.CDLL(units.units._name)
    with pytest.raises(TypeError, match="argtypes"):
        Worker(library.count)


def test_ctypes_callbacks_are_refused() -> None:
    callback = PROTOTYPE(lambda data, result: 1)
    for work in (callback, ctypes.cast(callback, PROTOTYPE)):
        with pytest.raises(TypeError, match="callback of a Python function"):
            Worker(work)


def test_functions_that_need_the_interpreter_are_refused(units: Units) -> None:
    library = ctypes.PyDLL(units.units._name)
    library.count.argtypes = [c_void_p, POINTER(c_int64)]
    with pytest.raises(TypeError, match="Python C API"):
        Worker(library.count)


def test_a_null_pointer_is_refused() -> None:
    with pytest.raises(ValueError, match="null"):
        Worker(PROTOTYPE())


# numba and cffi


def fake_cfunc(address: int, result: str = "int32", *arguments: str) -> SimpleNamespace:
    """What of numba's CFunc is looked at."""
    signature = SimpleNamespace(return_type=result, args=arguments or ("void*", "int64*"))
    return SimpleNamespace(address=address, _sig=signature)


def test_objects_like_a_cfunc(units: Units) -> None:
    worker: Worker[int] = Worker(fake_cfunc(address_of(units.count)), data=numbers(2))
    assert results(worker) == [0, 1]
    whole: Worker[int] = Worker(fake_cfunc(address_of(units.compute), "int32", "void*", "void*"))
    with whole:
        pass
    assert whole.state == "returned"
    with pytest.raises(TypeError, match="float32"):
        Worker(fake_cfunc(1, "int32", "void*", "float32*"))


def test_a_callable_that_happens_to_have_an_address() -> None:
    class Work:
        address = 12

        def __call__(self) -> None:
            pass

    worker: Worker[Any] = Worker(Work()).start()
    worker.join(SOON)
    assert worker.state == "returned"


def test_numba() -> None:
    numba = pytest.importorskip("numba", reason="numba is not installed")
    types = numba.types

    @numba.cfunc(types.int32(types.voidptr, types.CPointer(types.int64)))
    def count(data: Any, result: Any) -> int:
        state = numba.carray(data, 2, dtype=numba.int64)
        if state[0] == state[1]:
            return 1
        result[0] = state[0]
        state[0] += 1
        return 0

    for work in (count, count.ctypes):
        worker: Worker[int] = Worker(work, data=numbers(3))
        assert results(worker) == [0, 1, 2]


def test_cffi(units: Units) -> None:
    cffi = pytest.importorskip("cffi", reason="cffi is not installed")
    ffi = cffi.FFI()
    ffi.cdef("int count(void *, int64_t *); int halve(void *, double *); int has_data(void *, int *);")
    library = ffi.dlopen(units.units._name)
    worker: Worker[int] = Worker(library.count, data=ffi.new("int64_t[2]", [0, 3]))
    assert results(worker) == [0, 1, 2]
    real: Worker[float] = Worker(ffi.addressof(library, "halve"), data=ffi.from_buffer(numbers(2)))
    assert results(real) == [0.0, 0.5]
    callback = ffi.callback("int (void *, int64_t *)", lambda data, result: 1)
    for work, why in [(library.has_data, "native unit"), (callback, "callback"), (ffi.new("int *"), "cffi")]:
        with pytest.raises(TypeError, match=why):
            Worker(work)


# Data


def test_data(units: Units) -> None:
    state = numbers(2)
    address = state.buffer_info()[0]
    array_of_two = (c_int64 * 2)(0, 2)
    for data in (address, state, memoryview(state), c_void_p(address), array_of_two,
                 ctypes.cast(address, POINTER(c_int64)), new_capsule(address, b"state", None)):
        state[0] = array_of_two[0] = 0
        worker: Worker[int] = Worker(units.count, data=data)
        assert results(worker) == [0, 1]


def test_data_that_can_only_be_read(units: Units) -> None:
    for data, given in [(b"read only", 1), (None, 0), (0, 0)]:
        worker: Worker[int] = Worker(units.has_data, data=data)
        assert results(worker) == [given]


def test_the_context_of_a_capsule_is_data(units: Units) -> None:
    state = numbers(2)
    work = units.capsule("count", INT64)
    set_context(work, state.buffer_info()[0])
    worker: Worker[int] = Worker(work)
    assert results(worker) == [0, 1]
    other: Worker[int] = Worker(work, data=numbers(3))
    assert results(other) == [0, 1, 2]


@pytest.mark.parametrize("data", ["text", 1.5, True, object(), [1]])
def test_other_data_is_refused(units: Units, data: object) -> None:
    with pytest.raises(TypeError, match="data must be"):
        Worker(units.count, data=data)


def test_scattered_buffers_are_refused(units: Units) -> None:
    with pytest.raises(BufferError):
        Worker(units.count, data=memoryview(array("q", range(8)))[::2])


def test_data_is_for_native_units() -> None:
    with pytest.raises(TypeError, match="native"):
        Worker(lambda: None, data=b"")


# Lifetimes


def test_code_and_data_live_until_the_unit_has_ended(units: Units) -> None:
    data, work = numbers(5), PROTOTYPE(address_of(units.count))
    gone = [weakref.ref(data), weakref.ref(work)]
    worker: Worker[int] = Worker(work, data=data).start()
    del data, work
    gc.collect()
    assert worker.results.recv(timeout=SOON) == 0 and all(ref() for ref in gone)
    assert list(worker) == [1, 2, 3, 4]
    worker.join(SOON)
    assert not any(ref() for ref in gone)


def test_a_buffer_cannot_move_while_it_is_used(units: Units) -> None:
    data = numbers(5)
    worker: Worker[int] = Worker(units.count, data=data)
    with worker:
        with pytest.raises(BufferError):
            data.append(1)
    data.append(1)


def test_a_worker_that_never_ran_lets_go(units: Units) -> None:
    data, work = numbers(5), units.capsule("count", INT64)
    before = sys.getrefcount(data), sys.getrefcount(work)
    for _ in range(10):
        Worker(work, data=data)
        with pytest.raises(ValueError):
            Worker(work, data=data, interval=-1)
        with pytest.raises(TypeError):
            Worker(work, data=data, dtype="d")
    assert (sys.getrefcount(data), sys.getrefcount(work)) == before


def test_a_worker_in_a_cycle_with_its_data_is_collected(units: Units) -> None:
    class Data(array):  # type: ignore[type-arg]
        worker: Worker[int]

    data = Data("q", [0, 1])
    data.worker = Worker(units.count, data=data)
    gone = weakref.ref(data)
    del data
    gc.collect()
    assert gone() is None
