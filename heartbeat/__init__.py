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

from heartbeat._deadlocks import Deadlock, DeadlockDetector, detect_deadlocks
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
