"""How many operations each Python scenario does in a run, beside those in sections.py."""

from __future__ import annotations

# ---- one call, on one thread ----

CALLS = {
    name: 500_000
    for name in ("send", "recv", "try_send", "try_recv", "try_recv_empty", "closed", "poll_closed", "len", "now")
}

# ---- messages, and select ----

FLOWS = ("one_to_one", "four_to_one", "four_to_four")
OF_CAPACITY = {"0": 50_000, "1": 50_000, "100": 200_000, "unbounded": 200_000}
IN_BATCHES = {f"many-{size}": 1_000_000 for size in ("100", "unbounded")}
THROUGHPUT = {f"{flow}-{size}": count for flow in FLOWS for size, count in {**OF_CAPACITY, **IN_BATCHES}.items()}

OF_SOURCES = {2: 200_000, 8: 200_000, 64: 50_000, 512: 5_000}  # fewer where each takes as long as many
SELECT = {
    **{f"select_ready-{n}": count for n, count in OF_SOURCES.items()},
    **{f"selector_ready-{n}": 200_000 for n in OF_SOURCES},
    **{f"try_select_empty-{n}": count for n, count in OF_SOURCES.items()},
    **{f"select_ping_pong-{n}": min(20_000, count) for n, count in OF_SOURCES.items()},
}

# ---- heartbeat and packages that take tens of microseconds where it takes one ----

PEERS = {
    "send_recv": 50_000,
    "try_send_try_recv": 50_000,
    "len": 200_000,
    **{f"ping_pong-{size}": 4_000 for size in ("0", "1", "unbounded")},
    **{f"{flow}-{size}": 8_000 for flow in FLOWS for size in ("0", "1")},
    **{f"{flow}-{size}": 20_000 for flow in FLOWS for size in ("100", "unbounded")},
    **{f"select_ready-{n}": count // 10 for n, count in OF_SOURCES.items()},
    **{f"try_select_empty-{n}": count // 10 for n, count in OF_SOURCES.items()},
}

# ---- timers ----

MILLION = ("create", "stop", "bytes")
TIMERS = {
    "timer_create_stop": 500_000,
    "timer_reset": 500_000,
    "after_func_create_stop": 10_000,  # one of the contenders makes a thread each time
    **{f"timers_million-{figure}": 1_000_000 for figure in MILLION},
    **{f"after_funcs_million-{figure}": 1_000_000 for figure in MILLION},
    "tick_late-p50_us": 400,
    "tick_late-p99_us": 400,
}

# ---- memory and size ----

MEMORY = {"channel_bytes": 1_000_000, "beat_bytes": 1_000_000, "waiter_bytes": 1_000, "idle_worker_kib": 1_000}
SIZE = {"import_ms": 40, "wheel_kib": 4, "extension_kib": 4}  # nothing is done several times for the last two
