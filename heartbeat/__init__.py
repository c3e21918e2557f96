"""Liveness for Python threads: channels, select and timers on a native engine."""

# The engine is the extension module _native (its sources: csrc); everything
# public comes from there and is only re-exported here.
#
#   channels   Channel, nil, Closed
#   waiting    select, try_select, Selector, Selected, recv, send, seed, Source
#   time       now, sleep, after, after_func, tick, Timer, Ticker
#   liveness   Heartbeat, Pulses, HeartbeatStats, UnitSeconds, snapshot, Watchdog
#   threads    go, Task, Stopped
#   extensions get_include
#   threads    go, Task, Stopped
#   threads    go, Task, Worker, WorkerContext, Done, Stopped
#   liveness   Heartbeat, Pulses, HeartbeatStats, UnitSeconds, snapshot, Watchdog
#   liveness   Heartbeat, Pulses, HeartbeatStats, UnitSeconds, snapshot
#   monitors   Monitor, Health, MonitorStats, watch_gil, dump, stack_signal
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
    "dump",
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
