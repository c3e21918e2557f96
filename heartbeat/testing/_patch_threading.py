"""The threads, locks and queues of the standard library, for participants of patched bubbles."""

# Three things are exchanged:
#
#   makers    threading.Lock, _thread.RLock and SimpleQueue, the builtins all else is made of, give
#             participants what is in _virtual_locks.py. They are exchanged in C, so that
#             `from threading import Lock` means the same, and isinstance works.
#   twins     Condition.wait and the like, which make a lock or ask for the time, exist twice: an object
#             made by a participant uses virtual locks and time, every other real ones. The object
#             decides, not the thread: a participant may wait for a thread outside.
#   threads   Thread.start gives the thread a place in the bubble (csrc/binding/adopt.c), which it enters
#             as it says that it has started, and leaves as the last thing it does; join waits for that.
#
# What is made while a module is imported stays real: it belongs to the process, not to the test.

import _queue
import _thread
import concurrent.futures.thread
import functools
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from types import FunctionType, MethodType
from typing import Any

from heartbeat import _native
from heartbeat._native import Channel, Stopped
from heartbeat.testing import _virtual_locks
from heartbeat.testing._patch_time import substitute

# ---- makers ----


class _Real(threading.local):
    """How many calls of the thread are under way within which all that is made is real."""

    depth = 0


_real = _Real()


@contextmanager
def _making_real() -> Iterator[None]:
    _real.depth += 1
    try:
        yield
    finally:
        _real.depth -= 1


def _is_importing() -> bool:
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
    return False


def _maker(virtual: Callable[[], Any]) -> Callable[..., Any]:
    def make(*args: object, **kwargs: object) -> Any:
        misused = bool(args or kwargs)  # the original says so
        return NotImplemented if misused or _real.depth or _is_importing() else virtual()

    return make


_make_lock = _maker(_virtual_locks.Lock)
_make_rlock = _maker(_virtual_locks.RLock)
_make_simple_queue = _maker(_virtual_locks.SimpleQueue)


def _install_makers(undo: ExitStack) -> None:
    types: list[tuple[Any, Callable[..., Any]]] = [
        (_thread.RLock, _make_rlock), (_queue.SimpleQueue, _make_simple_queue),
    ]
    if sys.version_info >= (3, 13):
        types.append((_thread.LockType, _make_lock))
    else:
        substitute(_thread, "allocate_lock", _make_lock, undo)
    for each, maker in types:
        if _native._patch_type(each, maker):
            undo.callback(_native._unpatch_type, each)


# ---- twins ----

_REAL_LOCKS: tuple[Any, ...] = (_thread.LockType, _thread.RLock)


def _is_virtual(lock: object) -> bool:
    """A lock of the program's own kind is as its user."""
    kind = type(lock)
    if kind in (_virtual_locks.Lock, _virtual_locks.RLock):
        return True
    return kind not in _REAL_LOCKS and _native._patched_bubble() != 0


def _twin(function: FunctionType) -> FunctionType:
    """The same function with virtual time, and making virtual locks."""
    names = {**function.__globals__, "_allocate_lock": _virtual_locks.Lock,
             "_time": _native.now, "time": _native.now}
    twin = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    twin.__kwdefaults__ = function.__kwdefaults__
    return twin


def _replace(owner: object, name: str, new: object, undo: ExitStack) -> None:
    undo.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, new)


def _install_twins(owner: type, names: tuple[str, ...], lock_of: Callable[[Any], object], undo: ExitStack) -> None:
    for name in names:
        real = owner.__dict__[name]
        _replace(owner, name, _choosing(real, _twin(real), lock_of), undo)


def _choosing(real: FunctionType, virtual: FunctionType, lock_of: Callable[[Any], object]) -> FunctionType:
    @functools.wraps(real)
    def either(self: Any, *args: Any, **kwargs: Any) -> Any:
        return (virtual if _is_virtual(lock_of(self)) else real)(self, *args, **kwargs)

    assert isinstance(either, FunctionType)
    return either


def _install_all_twins(undo: ExitStack) -> None:
    _replace(threading, "_time", _native._real_now, undo)
    _replace(queue, "time", _native._real_now, undo)
    _replace(threading, "_allocate_lock", _virtual_locks.real_lock, undo)
    _install_twins(threading.Condition, ("wait", "wait_for"), lambda self: self._lock, undo)
    _install_twins(threading.Semaphore, ("acquire", "__enter__"), lambda self: self._cond._lock, undo)
    _install_twins(queue.Queue, ("put", "get"), lambda self: self.mutex, undo)


# ---- threads ----


class _Part:
    """The part that a thread of threading takes in a bubble."""

    def __init__(self, thread: threading.Thread) -> None:
        self.home = _native._patched_bubble()
        self.place = _native._place()
        self.name = thread.name
        self.ended: Channel[None] = Channel(name=f"end of {thread.name}")

    def enter(self) -> None:
        self.place.enter(self.name)

    def leave(self) -> None:
        self.place.drop()  # if the thread failed before it could enter
        self.place.leave(self.ended)

    def can_await(self) -> bool:
        return _native._patched_bubble() == self.home

    def await_end(self, timeout: float | None) -> bool:
        return _virtual_locks.select_within(_native.recv(self.ended), timeout) is not None


class _Started(threading.Event):
    """What a thread sets as it has started: it takes part from there on.

    It is real. Its starter must not need the new thread to have the turn.
    """

    def __init__(self, part: _Part) -> None:
        super().__init__()
        self._part = part

    def set(self) -> None:
        super().set()
        self._part.enter()


def _part_of(thread: threading.Thread) -> _Part | None:
    part: _Part | None = thread.__dict__.get("_heartbeat_part")
    return part


def _bootstrap(thread: threading.Thread, part: _Part) -> None:
    try:
        type(thread)._bootstrap_inner(thread)  # type: ignore[attr-defined]
    finally:
        part.leave()
        del thread._bootstrap_inner, thread._invoke_excepthook  # type: ignore[attr-defined]


def _quiet_hook(hook: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """The end of the bubble ends its threads quietly, as those of the engine."""

    def either(thread: threading.Thread) -> None:
        if not isinstance(sys.exception(), Stopped):
            hook(thread)

    return either


def _take_part(thread: Any) -> _Part:
    part = _Part(thread)
    with _making_real():
        thread._started = _Started(part)
    thread._invoke_excepthook = _quiet_hook(thread._invoke_excepthook)
    thread._bootstrap_inner = MethodType(_bootstrap_of(part), thread)
    thread._heartbeat_part = part
    return part


def _bootstrap_of(part: _Part) -> Callable[[threading.Thread], None]:
    return lambda thread: _bootstrap(thread, part)


_thread_start = threading.Thread.start
_thread_join = threading.Thread.join
_thread_is_alive = threading.Thread.is_alive


def _can_start(thread: Any) -> bool:
    return thread._initialized and not thread._started.is_set()


def _start(self: Any) -> None:
    if not _can_start(self):
        return _thread_start(self)  # which raises
    if not _native._patched_bubble() or _real.depth:
        with _making_real():
            self._started = threading.Event()
        return _thread_start(self)
    part = _take_part(self)
    try:
        _thread_start(self)
    except BaseException:
        if not self._started.is_set():
            part.place.drop()
        raise


def _join(self: threading.Thread, timeout: float | None = None) -> None:
    part = _part_of(self)
    if part is None or not part.can_await() or self is threading.current_thread():
        return _thread_join(self, timeout)
    _thread_join(self, 0)  # for what it refuses
    if part.await_end(timeout if timeout is None else max(timeout, 0)):
        _thread_join(self)  # it has left and does nothing any more


def _is_alive(self: threading.Thread) -> bool:
    part = _part_of(self)
    if part is not None and part.can_await() and part.ended.closed:
        _thread_join(self)
    return _thread_is_alive(self)


def _install_threads(undo: ExitStack) -> None:
    for name, new in ("start", _start), ("join", _join), ("is_alive", _is_alive):
        _replace(threading.Thread, name, functools.wraps(getattr(threading.Thread, name))(new), undo)


# ---- executors ----

_real_submit = ThreadPoolExecutor.submit


def _submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
    if _is_virtual(self._shutdown_lock):
        return _real_submit(self, fn, *args, **kwargs)
    with _making_real():  # its threads are outside
        return _real_submit(self, fn, *args, **kwargs)


class _ShutdownLock:
    """No participant needs to keep others from the exit of the interpreter, or shall wait for it."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __enter__(self) -> None:
        if not _native._patched_bubble():
            self._real.acquire()

    def __exit__(self, *exc_info: object) -> None:
        if not _native._patched_bubble():
            self._real.release()


def _install_executors(undo: ExitStack) -> None:
    module: Any = concurrent.futures.thread
    _replace(ThreadPoolExecutor, "submit", _submit, undo)
    _replace(module, "_global_shutdown_lock", _ShutdownLock(module._global_shutdown_lock), undo)


def install(undo: ExitStack) -> None:
    """Put the patches on; `undo` takes them off."""
    _install_makers(undo)
    _install_all_twins(undo)
    _install_threads(undo)
    _install_executors(undo)
