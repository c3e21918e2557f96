"""Go test/chan/powser2.go: powser1 once more, over channels of an interface type.

The difference that remains in Python: every coefficient travels inside an object made for that one
journey, its type is checked on arrival, and it is compared through its own method.
"""

from __future__ import annotations

from typing import Any

import pytest
from go_helpers import Program
from powser import Powser
from test_go_powser1 import ORIGINAL


class Item:
    """One coefficient (or the end mark) on its way."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def eq(self, other: Item) -> bool:
        return self.value == other.value


def unwrap(item: object) -> Any:
    assert type(item) is Item, f"{item!r} came out of a channel of items"
    return item.value


@pytest.mark.parametrize("name", ORIGINAL)
def test_powser2(name: str) -> None:
    make, expected = ORIGINAL[name]
    with Program() as program:
        ps = Powser(program, Item, unwrap)
        got = [Item(value) for value in ps.take(make(ps), len(expected))]
        assert all(mine.eq(Item(value)) for mine, value in zip(got, expected, strict=True))
