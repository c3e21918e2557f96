"""crossbeam-channel tests/thread_locals.rs: waiting while a thread's locals are torn down."""

from __future__ import annotations

import threading

from crossbeam_helpers import LIMIT, SHORT, scope, until_receivers
from heartbeat import Channel, now, select


class _WaitsAtItsEnd:
    """A thread-local whose destructor selects with a timeout and reports how long that took."""

    def __init__(self, report: Channel[float]) -> None:
        self._report = report

    def __del__(self) -> None:
        idle: Channel[None] = Channel()
        start = now()
        try:
            select(idle, timeout=SHORT)
        except TimeoutError:
            self._report.send(now() - start)


def test_thread_locals_use_while_exiting() -> None:
    """A blocking select works in a destructor that runs as the thread ends."""
    channel: Channel[None] = Channel(None)
    report: Channel[float] = Channel(None)
    local = threading.local()

    def work() -> None:
        local.last = _WaitsAtItsEnd(report)
        channel.recv()

    with scope() as spawn:
        spawn(work)
        until_receivers(channel)
        channel.send(None)
    assert report.recv(timeout=LIMIT) >= SHORT
