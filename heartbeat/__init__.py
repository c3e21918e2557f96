"""Liveness for Python threads: channels, select and timers on a native engine."""

# The engine is the extension module _native (its sources: csrc); everything
# public comes from there and is only re-exported here.
#
#   channels   Channel, nil, Closed
#   waiting    select, try_select, Selector, Selected, recv, send, seed, Source
#   time       now, sleep, after, after_func, tick, Timer, Ticker
#   threads    go, Task, Stopped
#   threads    go, Task, Worker, WorkerContext, Done, Stopped
#   liveness   Heartbeat, Pulses, HeartbeatStats, UnitSeconds, snapshot, Watchdog
#   errors     Error, DeadlockError, Revoked (beside those above)

from heartbeat._native import (
    Channel,
    ChannelStats,
    Closed,
    DeadlockError,
    Done,
    Error,
    Heartbeat,
    HeartbeatStats,
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
    go,
    nil,
    now,
    recv,
    seed,
    select,
    send,
    sleep,
    snapshot,
    tick,
    try_select,
)

__all__ = [
    "Channel",
    "ChannelStats",
    "Closed",
    "DeadlockError",
    "Done",
    "Error",
    "Heartbeat",
    "HeartbeatStats",
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
    "go",
    "nil",
    "now",
    "recv",
    "seed",
    "select",
    "send",
    "sleep",
    "snapshot",
    "tick",
    "try_select",
]
