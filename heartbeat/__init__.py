"""Liveness for Python threads: channels, select and timers on a native engine."""

# The engine is the extension module _native (its sources: csrc); everything
# public comes from there and is only re-exported here.
#
#   channels   Channel, nil, Closed
#   waiting    select, try_select, Selector, Selected, recv, send, seed, Source
#   time       now, sleep, after, after_func, tick, Timer, Ticker
#   liveness   Heartbeat, Pulses, HeartbeatStats, UnitSeconds, snapshot, Watchdog
#   threads    go, Task, Worker, WorkerContext, Done, Stopped
#   monitors   Monitor, Health, MonitorStats, watch_gil, dump, dump_on_signal, stack_signal
#   deadlocks  detect_deadlocks, DeadlockDetector, Deadlock    _deadlocks.py
#   extensions get_include
#   errors     Error, DeadlockError, Revoked (beside those above)

from heartbeat._headers import get_include
from heartbeat._native import (
    Channel,
    ChannelStats,
    Closed,
    DeadlockError,
    Done,
    Error,
    Health,
    Heartbeat,
    HeartbeatStats,
    Monitor,
    MonitorStats,
    Pulses,
    Recv,
    Revoked,
    Selected,
    Selector,
    Send,
    Source,
    Stopped,
    Task,
    Ticker,
    Timer,
    UnitSeconds,
    Watchdog,
    Worker,
    WorkerContext,
    after,
    after_func,
    dump,
    dump_on_signal,
    go,
    nil,
    now,
    recv,
    seed,
    select,
    send,
    sleep,
    snapshot,
    stack_signal,
    tick,
    try_select,
    watch_gil,
)

TYPE_CHECKING = False  # as in typing, the import of which takes longer than that of all the rest
if TYPE_CHECKING:
    from heartbeat._deadlocks import Deadlock, DeadlockDetector, detect_deadlocks

__all__ = [
    "Channel",
    "ChannelStats",
    "Closed",
    "Deadlock",
    "DeadlockDetector",
    "DeadlockError",
    "Done",
    "Error",
    "Health",
    "Heartbeat",
    "HeartbeatStats",
    "Monitor",
    "MonitorStats",
    "Pulses",
    "Recv",
    "Revoked",
    "Selected",
    "Selector",
    "Send",
    "Source",
    "Stopped",
    "Task",
    "Ticker",
    "Timer",
    "UnitSeconds",
    "Watchdog",
    "Worker",
    "WorkerContext",
    "after",
    "after_func",
    "detect_deadlocks",
    "dump",
    "dump_on_signal",
    "get_include",
    "go",
    "nil",
    "now",
    "recv",
    "seed",
    "select",
    "send",
    "sleep",
    "snapshot",
    "stack_signal",
    "tick",
    "try_select",
    "watch_gil",
]


def __getattr__(name: str) -> object:
    """What few programs use and needs much of the standard library is imported when it is asked for."""
    if name not in {"Deadlock", "DeadlockDetector", "detect_deadlocks"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from heartbeat import _deadlocks

    globals()[name] = getattr(_deadlocks, name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
