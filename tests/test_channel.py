"""Channel: values, places in its queues, closing, and what it tells of itself."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest

import heartbeat
from heartbeat import Channel, Closed, Error, go, nil, now, select
from support import QUIET, SOON, run_program, wait_for_receivers, wait_for_senders

CAPACITIES = [0, 1, 3, None]


# ---- values ----


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_values_come_out_as_they_went_in(capacity: int | None) -> None:
    channel: Channel[Any] = Channel(capacity)
    values = [object(), None, channel, NotImplemented, Ellipsis, 2**100, "", float("nan"), [], Closed]

    def send() -> None:
        for value in values:
            channel.send(value)
        channel.close()

    sender = go(send)
    assert all(one is other for one, other in zip(channel, values, strict=True))
    sender.result()


@pytest.mark.parametrize("value", [0, -1, 1, 2**63 - 1, -(2**63), True, False])
def test_int64_values(value: int) -> None:
    channel: Channel[int] = Channel(1, dtype="q")
    channel.send(value)
    received = channel.recv()
    assert received == value and type(received) is int


@pytest.mark.parametrize("value", [0.0, -0.0, 1.5, float("inf"), -float("inf"), 5e-324, 1.7e308, 3,
                                   -1, -1.0, True])
def test_float64_values(value: float) -> None:
    channel: Channel[float] = Channel(1, dtype="d")
    channel.send(value)
    received = channel.recv()
    assert (received, str(received)) == (value, str(float(value)))
    channel.send(float("nan"))
    assert channel.recv() != channel.try_recv(0.0)


def test_numbers_of_other_kinds_are_converted() -> None:
    class Number:
        def __index__(self) -> int:
            return 7

        def __float__(self) -> float:
            return 7.5

    for dtype, received in (("q", 7), ("d", 7.5)):
        channel: Channel[Any] = Channel(1, dtype=dtype)
        channel.send(Number())
        assert channel.recv() == received


def test_the_most_that_can_be_queued() -> None:
    channel: Channel[int] = Channel(3)
    assert [channel.try_send(value) for value in range(5)] == [True, True, True, False, False]
    assert len(channel) == channel.capacity == 3
    assert channel.recv() == 0 and channel.try_send(3) and not channel.try_send(4)
    assert [channel.try_recv("empty") for _ in range(4)] == [1, 2, 3, "empty"]


def test_an_unbounded_channel_takes_any_number() -> None:
    channel: Channel[int] = Channel(None)
    for value in range(100_000):
        channel.send(value, timeout=0)
    assert channel.capacity is None and len(channel) == 100_000
    channel.close()
    assert list(channel) == list(range(100_000))


def test_a_rendezvous_needs_both() -> None:
    channel: Channel[str] = Channel()
    assert not channel.try_send("nobody receives")
    with pytest.raises(TimeoutError):
        channel.send("nobody receives", timeout=QUIET)
    assert channel.try_recv() is None
    receiver = go(channel.recv)
    wait_for_receivers(channel)
    assert channel.try_send("received") and not channel.try_send("one only")
    assert receiver.result() == "received"


# ---- places ----


@pytest.mark.parametrize("capacity", [0, 2])
def test_receivers_are_served_in_the_order_they_came(capacity: int) -> None:
    channel: Channel[int] = Channel(capacity)
    receivers = []
    for number in range(8):
        receivers.append(go(channel.recv) if number % 2 else go(lambda: select(nil, channel).value))
        wait_for_receivers(channel, number + 1)
    for value in range(8):
        channel.send(value)
    assert [receiver.result() for receiver in receivers] == list(range(8))


@pytest.mark.parametrize("capacity", [0, 2])
def test_senders_are_served_in_the_order_they_came(capacity: int) -> None:
    channel: Channel[int] = Channel(capacity)
    channel.send_many(range(capacity))
    senders = []
    for number in range(8):
        value = capacity + number
        senders.append(go(channel.send, value) if number % 2
                       else go(select, nil, heartbeat.send(channel, value)))
        wait_for_senders(channel, number + 1)
    assert [channel.recv() for _ in range(capacity + 8)] == list(range(capacity + 8))
    for sender in senders:
        sender.result()


def test_who_gave_up_has_no_place() -> None:
    channel: Channel[str] = Channel()
    with pytest.raises(TimeoutError):
        go(channel.recv, timeout=0.01).result()
    second = go(channel.recv)
    channel.send("for the second")
    assert second.result() == "for the second"
    assert channel.stats().waiting_receivers == 0


# ---- time ----


@pytest.mark.parametrize("operation", ["recv", "send", "recv_many", "send_many"])
def test_timeouts_and_deadlines(operation: str) -> None:
    channel: Channel[Any] = Channel()
    call = getattr(channel, operation)
    arguments = {"recv": [], "recv_many": [3], "send": [1], "send_many": [[1]]}[operation]
    for seconds in (0, 1e-9, 0.02):
        begun = now()
        with pytest.raises(TimeoutError):
            call(*arguments, timeout=seconds)
        with pytest.raises(TimeoutError):
            call(*arguments, deadline=now() + seconds)
        assert 2 * seconds <= now() - begun < SOON
    for past in (0, now() - 1e-3, 1e-9):
        with pytest.raises(TimeoutError):
            call(*arguments, deadline=past)


@pytest.mark.parametrize("waiting", [{"timeout": 0}, {"timeout": 1e6}, {"timeout": None, "deadline": 0},
                                     {"timeout": float("inf")}, {"deadline": float("inf")}, {}])
def test_what_can_be_done_at_once_needs_no_time(waiting: dict[str, Any]) -> None:
    channel: Channel[int] = Channel(3)
    channel.send(1, **waiting)
    assert channel.send_many([2, 3], **waiting) == 2
    assert channel.recv(**waiting) == 1
    assert channel.recv_many(5, **waiting) == [2, 3]


def test_only_waiting_lets_another_thread_run() -> None:
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        pytest.skip("no interpreter lock")
    run_program("""
import sys, threading
from heartbeat import *
sys.setswitchinterval(1000)
channel, closed, task = Channel(10), Channel(), go(int)
closed.close()
task.join()
ran, gate = [], threading.Lock()
gate.acquire()
thread = threading.Thread(target=lambda: gate.acquire() and ran.append(True))
thread.start()
gate.release()
selector = Selector([channel, closed, task])
for i in range(1000):
    channel.send(1)
    channel.send_many([2, 3])
    assert [channel.recv(), *channel.recv_many(5)] == [1, 2, 3]
    assert channel.try_recv() is None and not Channel().try_send(1)
    select(closed, task, send(channel, 4))
    try_select(channel)
    selector.select()
    task.join()
    task.result()
    after(0).recv()
    for value in closed:
        pass
    try:
        Channel().recv(timeout=0)
    except TimeoutError:
        pass
assert not ran
thread.join()
assert ran
""")


# ---- closing ----


@pytest.mark.parametrize("cause", [None, "a cause", 0, ValueError("a cause")])
def test_a_closed_channel_tells_why(cause: Any) -> None:
    channel: Channel[str] = Channel(2)
    channel.send_many(["queued", "too"])
    assert channel.close(cause) is True
    assert channel.close("too late") is channel.close() is False
    assert channel.closed and [channel.recv(), channel.try_recv()] == ["queued", "too"]
    for call in (channel.recv, channel.try_recv, lambda: channel.send("no"), lambda: channel.recv_many(3),
                 lambda: channel.try_send("no"), lambda: channel.send_many(["no"])):
        with pytest.raises(Closed) as caught:
            call()
        assert caught.value.cause is cause
        assert caught.value.__cause__ is (cause if isinstance(cause, Exception) else None)
    assert list(channel) == []


def test_closing_wakes_all_who_wait() -> None:
    channel: Channel[int] = Channel()
    receivers = [go(channel.recv) for _ in range(5)] + [go(channel.recv_many, 5) for _ in range(5)]
    iterating = [go(list, channel) for _ in range(5)]
    selecting = [go(select, nil, channel) for _ in range(5)]
    wait_for_receivers(channel, 20)
    channel.close("over")
    assert [task.result() for task in iterating] == [[]] * 5
    assert [task.result() for task in selecting] == [(1, None, False)] * 5
    for task in receivers:
        with pytest.raises(Closed, match="closed"):
            task.result()


def test_closing_refuses_senders_that_wait_and_keeps_what_is_queued() -> None:
    channel: Channel[str] = Channel(1)
    channel.send("queued")
    senders = [go(channel.send, "waits"), go(channel.send_many, ["waits"]),
               go(select, heartbeat.send(channel, "waits"))]
    wait_for_senders(channel, 3)
    channel.close("over")
    assert list(channel) == ["queued"]
    for task in senders:
        with pytest.raises(Closed) as caught:
            task.result()
        assert caught.value.cause == "over"


def test_nil_is_never_ready() -> None:
    assert isinstance(nil, Channel)
    assert (len(nil), nil.capacity, nil.closed, nil.name, nil.dtype) == (0, 0, False, None, None)
    assert nil.try_recv("never") == "never" and nil.try_send(1) is False
    for call in (nil.recv, lambda timeout: nil.send(1, timeout=timeout),
                 lambda timeout: nil.recv_many(3, timeout=timeout),
                 lambda timeout: nil.send_many([1], timeout=timeout)):
        for timeout in (0, 0.001):
            with pytest.raises(TimeoutError):
                call(timeout=timeout)
    with pytest.raises(Error, match="nil"):
        nil.close()
    assert nil.stats()[:3] == (0, 0, False)


# ---- what it tells ----


def test_stats_tell_of_one_instant() -> None:
    channel: Channel[int] = Channel(3)
    channel.send_many([1, 2, 3])
    channel.recv_many(2)
    assert channel.stats() == (1, 3, False, 3, 2, 0, 0, 0.0, 3)
    channel.recv()
    begun = now()
    tasks = [go(channel.recv), go(select, channel, channel)]
    wait_for_receivers(channel, 2)
    stats = channel.stats()
    assert 0 < stats.longest_wait <= now() - begun
    assert (stats.len, stats.capacity, stats.waiting_senders, stats.high_water) == (0, 3, 0, 3)
    channel.close()
    [task.join() for task in tasks]
    assert isinstance(tasks[0].exception, Closed)
    assert channel.stats() == (0, 3, True, 3, 3, 0, 0, 0.0, 3)
    assert Channel(None).stats().capacity is None


def test_names_and_types() -> None:
    channel = Channel[int](2, dtype="q", name="jobs")
    assert (channel.name, channel.dtype, channel.capacity) == ("jobs", "q", 2)
    assert Channel().name is None is Channel(dtype=None, name=None).dtype
    channel.close()
    with pytest.raises(Closed, match="'jobs'"):
        channel.recv()


def test_threads_of_any_kind_meet() -> None:
    channel: Channel[int] = Channel()
    threads = [threading.Thread(target=channel.send, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    assert sorted(channel.recv() for _ in threads) == list(range(10))
    for thread in threads:
        thread.join()
