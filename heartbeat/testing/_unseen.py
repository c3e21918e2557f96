"""Exceptions of a bubble's participants that nobody looks at."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from heartbeat._native import Bubble

_lock = threading.Lock()
_collections: "list[Unseen]" = []
_hook_before: Callable[[Any], object] = threading.excepthook


class Unseen:
    """Those of one bubble, once it is known."""

    def __init__(self) -> None:
        self.bubble: Bubble | None = None
        self.errors: list[BaseException] = []

    def takes(self, error: BaseException | None) -> bool:
        """Whether the calling thread takes part, so that the exception is one of ours."""
        here = threading.get_ident()
        if error is None or self.bubble is None or not self.bubble._here:
            return False
        self.errors.append(error)
        return True


def _collect(args: Any) -> None:
    if not any(unseen.takes(args.exc_value) for unseen in tuple(_collections)):
        _hook_before(args)


@contextmanager
def unseen_exceptions() -> Iterator[Unseen]:
    """Collect what would go to threading.excepthook; from other threads it goes there as before."""
    global _hook_before
    unseen = Unseen()
    with _lock:
        if not _collections:
            _hook_before, threading.excepthook = threading.excepthook, _collect
        _collections.append(unseen)
    try:
        yield unseen
    finally:
        with _lock:
            _collections.remove(unseen)
            if not _collections and threading.excepthook is _collect:
                threading.excepthook = _hook_before
