"""While a patched bubble is in force, the standard library's time and threads are patched too."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from heartbeat._native import Bubble
from heartbeat.testing import _patch_threading, _patch_time, _virtual_locks

# Patches hold for the process: the first bubble puts them on, the last takes them off. What they do
# depends on the calling thread, so that bubbles side by side, and who is in none, do not notice.
_turnstile = threading.Lock()
_undo = ExitStack()


def _put_on() -> None:
    with ExitStack() as undo:
        _patch_time.install(undo)
        _patch_threading.install(undo)
        _undo.push(undo.pop_all())


@contextmanager
def patched(bubble: Bubble) -> Iterator[None]:
    """For the block, participants of the bubble meet virtual time in the standard library too."""
    number = bubble._patch()
    with _turnstile:
        if not _virtual_locks.in_force:
            _put_on()
        _virtual_locks.in_force.add(number)
    try:
        yield
    finally:
        with _turnstile:
            _virtual_locks.in_force.discard(number)
            if not _virtual_locks.in_force:
                _undo.close()


# No bubble survives a fork in the child, which is a single thread in real time.
os.register_at_fork(after_in_child=_virtual_locks.in_force.clear)
