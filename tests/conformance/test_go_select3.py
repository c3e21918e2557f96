"""Go test/chan/select3.go: what blocks for ever, what never blocks and what fails, on nil, closed
and empty channels.

The original lets a goroutine block and looks at it after a while. Here "blocks" is seen from
inside: the operation runs out of its time limit, and not before; "never blocks" is the operation
under a limit of zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import heartbeat
import pytest
from go_helpers import QUIET, WAIT, Program, until_receivers
from heartbeat import Channel, Closed, nil, recv, select, send, try_select

Operation = Callable[[float | None], Any]


def closed_channel() -> Channel[Any]:
    channel: Channel[Any] = Channel()
    channel.close()
    return channel


def both_ways(timeout: float | None) -> Any:
    """A select that could only meet itself."""
    channel: Channel[int] = Channel()
    return select(send(channel, 1), recv(channel), timeout=timeout)


BLOCKS: dict[str, Operation] = {
    "send to nil": lambda timeout: nil.send(7, timeout=timeout),
    "receive from nil": lambda timeout: nil.recv(timeout=timeout),
    "receive from empty": lambda timeout: Channel().recv(timeout=timeout),
    "empty select": lambda timeout: select(timeout=timeout),
    "select of no case": lambda timeout: select(None, None, timeout=timeout),
    "select receive from nil": lambda timeout: select(nil, timeout=timeout),
    "select send to nil": lambda timeout: select(send(nil, 7), timeout=timeout),
    "select both ways on nil": lambda timeout: select(nil, send(nil, 7), timeout=timeout),
    "select receive from empty": lambda timeout: select(Channel(), timeout=timeout),
    "select both ways on one channel": both_ways,
}
blocking = pytest.mark.parametrize("operation", BLOCKS.values(), ids=BLOCKS.keys())


@blocking
def test_always_blocks(operation: Operation) -> None:
    start = heartbeat.now()
    with pytest.raises(TimeoutError):
        operation(QUIET)
    assert heartbeat.now() - start >= QUIET


@blocking
def test_always_blocks_but_does_not_wait(operation: Operation) -> None:
    with pytest.raises(TimeoutError):
        operation(0)


DEFAULTS: dict[str, Callable[[], Any]] = {
    "receive from nil": lambda: try_select(nil),
    "send to nil": lambda: try_select(send(nil, 7)),
    "no case": lambda: try_select(),
    "None": lambda: try_select(None),
    "receive from empty": lambda: try_select(Channel()),
    "send to nobody": lambda: try_select(send(Channel(), 7)),
}


@pytest.mark.parametrize("operation", DEFAULTS.values(), ids=DEFAULTS.keys())
def test_select_with_default_is_never_selected(operation: Callable[[], Any]) -> None:
    assert operation() is None


def test_nil_without_select() -> None:
    assert nil.try_send(7) is False
    assert nil.try_recv("nothing") == "nothing"


def test_async_send_never_blocks() -> None:
    channel: Channel[int] = Channel(1)
    channel.send(7, timeout=0)
    assert len(channel) == 1


def test_receive_from_closed_never_blocks() -> None:
    channel = closed_channel()
    for _ in range(10):
        with pytest.raises(Closed):
            channel.recv(timeout=0)
        assert select(channel, timeout=0) == (0, None, False)
        assert list(channel) == []


def test_send_to_closed_fails() -> None:
    with pytest.raises(Closed):
        closed_channel().send(7)


def test_select_ready_send_never_blocks() -> None:
    channel: Channel[int] = Channel(1)
    assert try_select(send(channel, 7)) == (0, None, True)
    assert channel.recv(timeout=0) == 7


def test_select_ready_receive_never_blocks() -> None:
    channel: Channel[int] = Channel(1)
    channel.send(7, timeout=0)
    assert try_select(channel) == (0, 7, True)


@pytest.mark.parametrize("phrase", [lambda channel: channel, recv], ids=["source", "recv()"])
def test_select_closed_never_blocks(phrase: Callable[[Channel[Any]], Any]) -> None:
    channel = closed_channel()
    assert select(phrase(channel)) == (0, None, False)
    assert try_select(phrase(channel)) == (0, None, False)


@pytest.mark.parametrize("choose", [select, try_select])
def test_select_send_to_closed_fails(choose: Callable[..., Any]) -> None:
    with pytest.raises(Closed):
        choose(send(closed_channel(), 7))


def test_blocked_receive_ends_with_its_channel() -> None:
    """Without any time limit, as in the original: what ends the wait is the close at the end."""
    with Program() as program:
        channel, done = program.chan(), program.chan(1)
        program.go(lambda: done.send(list(channel)))
        until_receivers(channel, 1)
        with pytest.raises(TimeoutError):
            done.recv(timeout=QUIET)
        channel.close()
        assert done.recv(timeout=WAIT) == []


def test_blocked_select_on_itself_ends_with_its_channel() -> None:
    with Program() as program:
        channel = program.chan()
        task = program.go(lambda: select(recv(channel), send(channel, 1)))
        until_receivers(channel, 1)
        assert channel.stats().waiting_senders == 1
        channel.close()
        task.join(WAIT)
        assert task.exception is None and task.result() in ((0, None, False), None)
