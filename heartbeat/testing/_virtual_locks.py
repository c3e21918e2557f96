"""What participants of patched bubbles get for the locks and the queue that Python has in C."""

# A lock is a channel with one slot, which is full while the lock is held: who waits for it waits in
# the engine. Everything else in threading and queue is Python around locks.
#
# Used from outside of its bubble, each raises Error, as all objects of a bubble do. But once the bubble is
# over it serves whoever has it left, in real time: an exit handler or the collector may come by
# much later.

from __future__ import annotations  # the engine's classes are generic to type checkers only

import _queue
import _thread
import sys
import threading
from types import GenericAlias
from typing import Any

from heartbeat import _native
from heartbeat._native import Channel, Error, Recv, Selected, Send

# Numbers of the patched bubbles there are.
in_force: set[int] = set()

# From 3.13 on Lock is a type, and that is what is patched; before, this is the one function of the two
# that is not.
real_lock = _thread.allocate_lock if sys.version_info >= (3, 13) else _thread.allocate

_afterlife = real_lock()  # guards the making of what serves after the end


def _check_outside(home: int) -> None:
    if home in in_force:
        raise Error("it belongs to a virtual-time bubble of other threads")


def _posing_as(kind: type) -> Any:
    """What isinstance() believes: for __class__."""
    return property(lambda self: kind)


def _limit(blocking: object, timeout: float) -> float | None:
    """The two arguments of acquire() as a timeout of the engine."""
    if not blocking:
        if timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        return 0
    if timeout == -1:
        return None
    if timeout < 0:
        raise ValueError("timeout value must be a non-negative number")
    if timeout > threading.TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")
    return timeout


def select_within(case: Send | Recv[Any], timeout: float | None) -> Selected[Any] | None:
    """As select(), but None once the time is up."""
    try:
        return _native.select(case, timeout=timeout)
    except TimeoutError as error:
        raised = error.__traceback__
        if raised is not None and raised.tb_next is not None:
            raise  # not the engine did, but a signal handler meanwhile
        return None


class Lock:
    """As threading.Lock, waiting in the engine."""

    __slots__ = ("__weakref__", "_after", "_home", "_slot")

    def __init__(self) -> None:
        self._home = _native._patched_bubble()
        self._slot: Channel[None] = Channel(1, name="threading.Lock")
        self._after: _thread.LockType | None = None

    __class__ = _posing_as(_thread.LockType)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        limit = _limit(blocking, timeout)
        if _native._patched_bubble() != self._home:
            return self._outside().acquire(blocking, timeout)
        if limit == 0:
            return self._slot.try_send(None)
        return select_within(_native.send(self._slot, None), limit) is not None

    def release(self) -> None:
        if _native._patched_bubble() != self._home:
            self._outside().release()
        elif _native.try_select(_native.recv(self._slot)) is None:
            raise RuntimeError("release unlocked lock")

    def locked(self) -> bool:
        after = self._after
        return after.locked() if after else len(self._slot) > 0

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self.release()

    acquire_lock, release_lock, locked_lock = acquire, release, locked

    def __repr__(self) -> str:
        state = "locked" if self.locked() else "unlocked"
        return f"<{state} _thread.lock object in virtual time at {id(self):#x}>"

    def _outside(self) -> _thread.LockType:
        """The real lock it is after the end of its bubble: held if it was held then."""
        _check_outside(self._home)
        with _afterlife:
            if self._after is None:
                after = real_lock()
                if len(self._slot) > 0:
                    after.acquire()
                self._after = after
            return self._after

    def _at_fork_reinit(self) -> None:
        self._home = -1
        self._after = real_lock()


_PythonRLock: Any = threading._RLock  # of each version, what its Condition asks for


class RLock(_PythonRLock):  # type: ignore[misc]  # its base is another class to type checkers
    """As threading.RLock, waiting in the engine."""

    def __init__(self) -> None:
        self._block = Lock()
        self._owner = None
        self._count = 0

    __class__ = _posing_as(_thread.RLock)


class SimpleQueue:
    """As queue.SimpleQueue, waiting in the engine."""

    __slots__ = ("__weakref__", "_after", "_home", "_items")

    def __init__(self) -> None:
        self._home = _native._patched_bubble()
        self._items: Channel[Any] = Channel(None, name="queue.SimpleQueue")
        self._after: _queue.SimpleQueue[Any] | None = None

    __class__ = _posing_as(_queue.SimpleQueue)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if _native._patched_bubble() == self._home:
            self._items.try_send(item)
        else:
            self._outside().put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if block and timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        if _native._patched_bubble() != self._home:
            return self._outside().get(block, timeout)
        selected = select_within(_native.recv(self._items), timeout if block else 0)
        if selected is None:
            raise _queue.Empty
        return selected.value

    def put_nowait(self, item: Any) -> None:
        self.put(item)

    def get_nowait(self) -> Any:
        return self.get(False)

    def qsize(self) -> int:
        after = self._after
        return after.qsize() if after else len(self._items)

    def empty(self) -> bool:
        return self.qsize() == 0

    __class_getitem__: Any = classmethod(GenericAlias)

    def _outside(self) -> _queue.SimpleQueue[Any]:
        """The real queue it is after the end of its bubble: an empty one."""
        _check_outside(self._home)
        with _afterlife:
            if self._after is None:
                self._after = _queue.SimpleQueue()
            return self._after
