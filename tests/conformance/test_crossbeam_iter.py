"""crossbeam-channel tests/iter.rs: iteration."""

from __future__ import annotations

from crossbeam_helpers import drain, scope
from heartbeat import Channel


def test_iter_nested_recv_iter() -> None:
    """A for loop over a channel ends at its close, with everything received."""
    channel: Channel[int] = Channel(None)
    total: Channel[int] = Channel(None)

    def add_up() -> None:
        total.send(sum(channel))

    with scope() as spawn:
        spawn(add_up)
        for value in (3, 1, 2):
            channel.send(value)
        channel.close()
        assert total.recv() == 6


def test_iter_recv_iter_break() -> None:
    """Leaving the loop early loses only what the loop itself had taken."""
    channel: Channel[int] = Channel(None)

    def add_some() -> int:
        count = 0
        for value in channel:
            if count >= 3:
                break
            count += value
        return count

    with scope() as spawn:
        task = spawn(add_some)
        for value in (2, 2, 2, 5):
            channel.send(value)
        channel.close()
    assert task.result() == 4
    assert list(channel) == [5]


def test_iter_recv_try_iter() -> None:
    """Iteration without waiting, in turns with requests, until six is reached."""
    request: Channel[None] = Channel(None)
    response: Channel[int] = Channel(None)

    def client() -> int:
        count: int = 0
        while True:
            for value in drain(response):
                count += value
                if count == 6:
                    request.close()
                    return count
            request.send(None)

    with scope() as spawn:
        task = spawn(client)
        for _ in request:
            response.send(2)
    assert task.result() == 6


def test_iter_recv_into_iter_owned() -> None:
    """The iterator keeps the channel alive when it is all that is left of it."""
    channel: Channel[int] = Channel(None)
    channel.send(1)
    channel.send(2)
    channel.close()
    iterator = iter(channel)
    del channel
    assert [next(iterator), next(iterator), next(iterator, "end")] == [1, 2, "end"]


def test_iter_recv_into_iter_borrowed() -> None:
    """The iterator is the channel itself: what it takes is gone there too, and the end is final."""
    channel: Channel[int] = Channel(None)
    channel.send(1)
    channel.send(2)
    channel.close()
    iterator = iter(channel)
    assert iterator is channel
    assert next(iterator) == 1
    assert len(channel) == 1
    assert next(channel) == 2
    assert next(iterator, "end") == "end"
    assert next(iterator, "end") == "end"
