"""Selected: a named tuple of three with a source, however many there are and wherever they come from."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from typing import Any

import pytest

from heartbeat import Channel, Selected, go, select


def select_value(value: Any) -> Selected[Any]:
    channel: Channel[Any] = Channel(1)
    channel.send(value)
    return select(channel)


class Thing:
    pass


def test_it_is_a_tuple_of_three() -> None:
    selected = select_value("a")
    assert isinstance(selected, tuple) and len(selected) == 3 == Selected.n_sequence_fields
    index, value, ok = selected
    assert (index, value, ok) == selected == (0, "a", True) and hash(selected) == hash((0, "a", True))
    assert selected[1:] == ("a", True) and selected + (1,) == (0, "a", True, 1)
    assert Selected._fields == Selected.__match_args__ == ("index", "value", "ok")
    assert repr(selected) == "heartbeat.Selected(index=0, value='a', ok=True)"
    assert isinstance(selected.source, Channel)
    with pytest.raises(AttributeError):
        selected.value = "b"  # type: ignore[misc]


def test_it_can_be_made_and_copied() -> None:
    source: Channel[int] = Channel()
    made = Selected((1, 2, True), {"source": source})
    assert made == (1, 2, True) and made.source is source
    again = copy.copy(made)
    assert again == made and type(again) is Selected and again.source is source
    unsourced = Selected((1, 2, True))
    assert unsourced.source is None and pickle.loads(pickle.dumps(unsourced)) == unsourced


def test_many_live_at_once() -> None:
    for _ in range(3):
        alive = [select_value(i) for i in range(100)]
        assert [selected.value for selected in alive] == list(range(100))
        assert len({id(selected) for selected in alive}) == 100


def test_what_it_held_is_released() -> None:
    for count in (1, 40):
        things = [Thing() for _ in range(count)]
        gone = [weakref.ref(thing) for thing in things]
        selected = [select_value(thing) for thing in things]
        sources = [weakref.ref(one.source) for one in selected]
        del things, selected
        gc.collect()
        assert not any(reference() for reference in gone + sources)


def test_a_circle_through_it_is_collected() -> None:
    thing: Any = Thing()
    thing.selected = select_value(thing)
    gone = weakref.ref(thing)
    assert gc.is_tracked(thing.selected)
    del thing
    gc.collect()
    assert gone() is None


def test_releasing_one_may_make_others() -> None:
    made: list[Selected[int]] = []

    class Maker:
        def __del__(self) -> None:
            made.extend(select_value(i) for i in range(5))

    for _ in range(10):
        selected = select_value(Maker())
        del selected
        gc.collect()
    assert [one.value for one in made] == list(range(5)) * 10


def test_they_die_in_other_threads() -> None:
    passed: Channel[Selected[int]] = Channel(8)

    def make() -> None:
        for i in range(2000):
            passed.send(select_value(i))
        passed.close()

    go(make)
    assert [selected.value for selected in passed] == list(range(2000))
    threads = [threading.Thread(target=lambda: [select_value(i) for i in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
