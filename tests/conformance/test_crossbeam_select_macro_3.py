"""crossbeam-channel tests/select_macro.rs: what a case may be made of, and what comes out of it."""

from __future__ import annotations

import weakref

import pytest

from crossbeam_helpers import LIMIT, Message, assert_closed, until
from heartbeat import Channel, Closed, nil, recv, select, send, try_select


def test_select_macro_references() -> None:
    """A source may stand bare, in recv(), in recv() of an expression, or be absent."""
    channel: Channel[int] = Channel(None)
    for source in (channel, recv(channel), recv(channel or nil)):
        channel.send(1)
        assert select(source) == (0, 1, True)
    assert try_select(None or nil) is None
    assert try_select(None, recv(nil), send(nil, 1)) is None


def test_select_macro_move_handles() -> None:
    """The case is all that keeps its channel; the send and the receive both go through."""

    def handed_over() -> Channel[int]:
        channel: Channel[int] = Channel(None)
        channel.send(5)
        return channel

    assert select(recv(handed_over())) == (0, 5, True)
    selected = select(send(handed_over(), 6))
    assert selected.ok
    kept = selected.source
    assert [kept.recv(), kept.recv()] == [5, 6]


def test_select_macro_default_syntax() -> None:
    """Nothing ready, on either side or with no case at all."""
    channel: Channel[int] = Channel(0)
    assert try_select(recv(channel)) is None
    assert try_select(send(channel, 0)) is None
    assert try_select() is None
    with pytest.raises(TimeoutError):
        select(timeout=0)


def test_select_macro_once_blocks() -> None:
    """A select that is over keeps no value alive: not the one it sent, nor one it did not send."""
    ends: list[None] = []
    ready: Channel[Message] = Channel(None)
    full: Channel[Message] = Channel(0)
    assert select(send(ready, Message(ends)), send(full, Message(ends))).index == 0
    until(lambda: len(ends) == 1)
    assert len(ready) == 1
    ready.recv()
    until(lambda: len(ends) == 2)
    assert try_select(send(full, Message(ends))) is None
    until(lambda: len(ends) == 3)


def test_select_macro_once_sender() -> None:
    """A value refused by a closed channel goes back to its owner alone."""
    ends: list[None] = []
    message = Message(ends)
    watch = weakref.ref(message)
    channel: Channel[Message] = Channel(None)
    channel.close()
    assert_closed(select, send(channel, message))
    assert watch() is message
    del message
    until(lambda: watch() is None)


def test_select_macro_evaluate() -> None:
    """The index picks the branch, the default is a branch like the others."""
    channel: Channel[int] = Channel(None)

    def evaluate(*cases: object) -> str:
        selected = try_select(*cases)
        return "default" if selected is None else ("received", "sent")[selected.index]

    assert evaluate(channel, send(channel, 0)) == "sent"
    assert evaluate(channel) == "received"
    assert evaluate(channel) == "default"


def test_select_macro_result_types() -> None:
    """A closed source comes as a result, a closed target as Closed with its cause."""
    cause = ValueError("why")
    channel: Channel[int] = Channel(0)
    channel.close(cause)
    for selected in (select(channel), try_select(channel), select(channel, timeout=0)):
        assert selected is not None
        assert tuple(selected) == (0, None, False)
        assert selected.source is channel
    for timeout in (None, 0, LIMIT):
        with pytest.raises(Closed) as caught:
            select(send(channel, 0), timeout=timeout)
        assert caught.value.cause is cause
    assert_closed(try_select, send(channel, 0))


def test_select_macro_result_types_both() -> None:
    """With both sides of a closed channel ready, either may be chosen, and both come up."""
    channel: Channel[int] = Channel(0)
    channel.close()
    outcomes: set[int] = set()
    while len(outcomes) < 2:
        try:
            outcomes.add(select(send(channel, 0), channel).index)
        except Closed:
            outcomes.add(0)
    assert outcomes == {0, 1}
