"""crossbeam-channel tests/same_channel.rs: which handles belong together.

Here a channel is its own handle, so "same channel" is identity: another name is the same object, it
compares and hashes as such, and a select names the object it was given.
"""

from __future__ import annotations

from typing import Any

from heartbeat import Channel, Source, after, nil, select, tick


def _assert_distinct(*sources: Source[Any]) -> None:
    """No two are equal, and each is equal to itself under another name."""
    for index, source in enumerate(sources):
        alias = source
        assert alias == source
        assert hash(alias) == hash(source)
        assert all(source != other for other in sources[index + 1 :])
    assert len(set(sources)) == len(sources)


def test_same_channel_after() -> None:
    first, second = after(0.01), after(3600)
    _assert_distinct(first, after(0.01), second)
    assert select(second, first).source is first


def test_same_channel_array() -> None:
    first: Channel[int] = Channel(1)
    second: Channel[int] = Channel(1)
    _assert_distinct(first, second)
    first.send(1)
    assert select(second, first).source is first


def test_same_channel_list() -> None:
    first: Channel[int] = Channel(None)
    second: Channel[int] = Channel(None)
    _assert_distinct(first, second)
    second.send(1)
    assert select(first, second).source is second


def test_same_channel_never() -> None:
    """There is one nil; an ordinary channel is not it, idle as it may be."""
    alias: Any = nil
    assert alias is nil
    _assert_distinct(nil, Channel())


def test_same_channel_tick() -> None:
    first, second = tick(0.01), tick(3600)
    _assert_distinct(first, tick(0.01), second)
    assert select(second, first).source is first


def test_same_channel_zero() -> None:
    first: Channel[int] = Channel(0)
    second: Channel[int] = Channel(0)
    _assert_distinct(first, second)
    second.close()
    assert select(first, second).source is second


def test_same_channel_different_flavors() -> None:
    _assert_distinct(Channel(0), Channel(1), Channel(None), after(1), tick(1), nil)
