"""Three ways to select, so that one body serves select!, Select::select and Select::ready.

crossbeam's `ready` only names a case that could go ahead; the caller then tries the operation and
may lose it to another thread. There is no such half step here: its tests go through a Selector
that is built case by case around one that is taken out again.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from heartbeat import Selector, after, select, try_select


class Choice(NamedTuple):
    case: int
    value: Any
    ok: bool


class Chooser(Protocol):
    def select(self, *cases: Any, timeout: float | None = None) -> Choice: ...

    def try_select(self, *cases: Any) -> Choice | None: ...


class Function:
    """select() and try_select(): for tests/select_macro.rs."""

    def select(self, *cases: Any, timeout: float | None = None) -> Choice:
        return Choice(*select(*cases, timeout=timeout))

    def try_select(self, *cases: Any) -> Choice | None:
        selected = try_select(*cases)
        return None if selected is None else Choice(*selected)


class Fresh:
    """A Selector made with its cases, for each wait: for tests/select.rs."""

    def select(self, *cases: Any, timeout: float | None = None) -> Choice:
        return Choice(*Selector(cases).select(timeout=timeout))

    def try_select(self, *cases: Any) -> Choice | None:
        selected = Selector(cases).try_select()
        return None if selected is None else Choice(*selected)


class Grown:
    """A Selector that got its cases one by one and lost a ready one again: for tests/ready.rs."""

    def select(self, *cases: Any, timeout: float | None = None) -> Choice:
        selector, places = self._build(cases)
        key, value, ok = selector.select(timeout=timeout)
        return Choice(places[key], value, ok)

    def try_select(self, *cases: Any) -> Choice | None:
        selector, places = self._build(cases)
        selected = selector.try_select()
        return None if selected is None else Choice(places[selected.index], *selected[1:])

    def _build(self, cases: tuple[Any, ...]) -> tuple[Selector[Any], dict[int, int]]:
        selector: Selector[Any] = Selector()
        always_ready = selector.add(after(0))
        places = {selector.add(case): place for place, case in enumerate(cases)}
        selector.remove(always_ready)
        assert len(selector) == len(places) == len(cases)
        return selector, places


FUNCTION: Chooser = Function()
FRESH: Chooser = Fresh()
GROWN: Chooser = Grown()
