"""Go test/chan/select.go: a simple select of two sends, of which the used one is taken out."""

from __future__ import annotations

from typing import Any

from heartbeat import Channel, nil, send, try_select


class Values:
    """Counts how often a value was asked for; the value itself changes with every completed
    send.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.shift = 0

    def get(self) -> int:
        self.asked += 1
        return 1 << self.shift


def send_until_full(a: Channel[Any], b: Channel[Any], values: Values) -> int:
    """Offers to both until neither takes anything; a channel that took one is replaced by nil."""
    open_ends, sent = [a, b], 0
    while (happened := try_select(*(send(end, values.get()) for end in open_ends))) is not None:
        sent += 1
        open_ends[happened.index] = nil
        values.shift += 1
    return sent


def test_select() -> None:
    values = Values()
    a: Channel[int] = Channel(1)
    b: Channel[int] = Channel(1)
    assert send_until_full(a, b, values) == 2
    assert a.recv(timeout=0) | b.recv(timeout=0) == 3
    assert send_until_full(a, nil, values) == 1
    assert a.recv(timeout=0) == 1 << 2
    assert values.asked == 10  # two a round, and one more round each time to find nobody ready
