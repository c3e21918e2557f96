"""Programs that may use one processor only, which they inherit from who starts them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

CAN_PIN = hasattr(os, "sched_setaffinity")


@contextmanager
def one_processor() -> Iterator[None]:
    """What this thread starts meanwhile runs on a single processor: the last one, since the
    first has most of the system's own work."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
