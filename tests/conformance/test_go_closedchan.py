"""Go test/closedchan.go: every operation on a closed channel, however it is phrased.

The original runs each sequence over three implementations of a channel interface: plain operations,
a select of one case, and a select with an idle case beside it. So do these, one test for each
combination. Where Go gives the zero value, recv raises Closed and select says ok=False; where Go
panics, sending raises Closed and closing again returns False.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import heartbeat
import pytest
from go_helpers import WAIT
from heartbeat import Channel, Closed, Error, nil, recv, select, send, try_select

GONE = "closed"  # what a receive that found the channel closed is turned into below
NOTHING = "nothing"  # what a non-blocking receive that found nothing is turned into


class Direct:
    """Plain operations where there is one; receiving with ok is iteration or a select, in Go's
    terms `x, ok := <-c`.
    """

    def __init__(self, channel: Channel[Any]) -> None:
        self.channel = channel

    def send(self, value: int) -> None:
        self.channel.send(value, timeout=WAIT)

    def nbsend(self, value: int) -> bool:
        return self.channel.try_send(value)

    def recv(self) -> Any:
        try:
            return self.channel.recv(timeout=WAIT)
        except Closed:
            return GONE

    def nbrecv(self) -> Any:
        try:
            return self.channel.try_recv(NOTHING)
        except Closed:
            return GONE

    def recv2(self) -> tuple[Any, bool]:
        value = next(self.channel, GONE)
        return (None, False) if value is GONE else (value, True)

    def nbrecv2(self) -> tuple[Any, bool]:
        value = self.nbrecv()
        return (None, False) if value is GONE else (value, True)


class Selecting:
    """The same through a select that has the channel as its only case."""

    idle: tuple[Any, ...] = ()

    def __init__(self, channel: Channel[Any]) -> None:
        self.channel = channel

    def send(self, value: int) -> None:
        select(*self.idle, send(self.channel, value), timeout=WAIT)

    def nbsend(self, value: int) -> bool:
        return try_select(*self.idle, send(self.channel, value)) is not None

    def recv(self) -> Any:
        got = select(*self.idle, self.channel, timeout=WAIT)
        return got.value if got.ok else GONE

    def nbrecv(self) -> Any:
        got = try_select(*self.idle, self.channel)
        if got is None:
            return NOTHING
        return got.value if got.ok else GONE

    def recv2(self) -> tuple[Any, bool]:
        got = select(*self.idle, recv(self.channel), timeout=WAIT)
        return got.value, got.ok

    def nbrecv2(self) -> tuple[Any, bool]:
        got = try_select(*self.idle, recv(self.channel))
        assert got is not None
        return got.value, got.ok


class SelectingAmongOthers(Selecting):
    """The same through a larger select: another channel, on which nothing ever happens, stands
    first.
    """

    idle = (Channel(),)


def closed_sync() -> Channel[Any]:
    channel: Channel[Any] = Channel()
    assert channel.close() is True
    return channel


def closed_async() -> Channel[Any]:
    """Closed with one value still queued."""
    channel: Channel[Any] = Channel(2)
    channel.send(1, timeout=0)
    assert channel.close() is True
    return channel


def is_gone(receive: str) -> Callable[[Any], bool]:
    expected: Any = (None, False) if receive.endswith("2") else GONE
    return lambda chan: all(getattr(chan, receive)() == expected for _ in range(3))


def refuses(transmit: str) -> Callable[[Any], bool]:
    def check(chan: Any) -> bool:
        with pytest.raises(Closed):
            getattr(chan, transmit)(2)
        return len(chan.channel) == 0 and chan.recv() == GONE  # and the value went nowhere

    return check


CHECKS: dict[str, Callable[[Any], bool]] = {
    **{name: is_gone(name) for name in ("recv", "recv2", "nbrecv", "nbrecv2")},
    **{name: refuses(name) for name in ("nbsend", "send")},
}
LAST_VALUE = {"recv": 1, "recv2": (1, True), "nbrecv": 1, "nbrecv2": (1, True)}
implementations = pytest.mark.parametrize("make", [Direct, Selecting, SelectingAmongOthers])
checks = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
takes = pytest.mark.parametrize("take", LAST_VALUE)


@implementations
@checks
def test_test1_on_closed_sync(make: type[Direct], check: Callable[[Any], bool]) -> None:
    assert check(make(closed_sync()))


@implementations
@takes
@checks
def test_testasync(make: type[Direct], take: str, check: Callable[[Any], bool]) -> None:
    """testasync1 to testasync4: the queued value comes first, taken in one of four ways; then all
    is as in test1.
    """
    chan = make(closed_async())
    assert getattr(chan, take)() == LAST_VALUE[take]
    assert check(chan)


@implementations
def test_send_refused_before_the_queue_is_drained(make: type[Direct]) -> None:
    chan = make(closed_async())
    for transmit in (chan.send, chan.nbsend):
        with pytest.raises(Closed):
            transmit(2)
    assert chan.recv2() == (1, True)
    assert chan.recv2() == (None, False)


def test_close_of_nil() -> None:
    with pytest.raises(Error):
        nil.close()
    assert nil.closed is False


def test_close_twice() -> None:
    channel = closed_sync()
    assert channel.close() is False
    assert channel.close(ValueError("too late")) is False
    with pytest.raises(Closed) as caught:
        channel.recv()
    assert caught.value.cause is None
    assert heartbeat.select(channel).ok is False
