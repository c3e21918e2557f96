"""Which sources a thread could reach from its frames: as far as a short search finds."""

import gc
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType, ModuleType

from heartbeat._native import Source, _source_of

_DEPTH = 3  # a local variable, what it holds, what that holds
_MOST = 2_000  # objects that are looked at for one thread

# What leads to the whole program.
_OPAQUE: tuple[type, ...] = (type, ModuleType, CodeType, FrameType, str, bytes, int, float)


def _locals_of(frame: FrameType | None) -> Iterator[object]:
    while frame:
        if frame.f_code.co_name != "<module>":
            yield from frame.f_locals.values()
        frame = frame.f_back


def _referents(thing: object) -> list[object]:
    """What a thing holds by itself. Of a function, its closure: its globals are everybody's."""
    if isinstance(thing, FunctionType):
        return [cell.cell_contents for cell in thing.__closure__ or () if _is_full(cell)]
    return [] if isinstance(thing, _OPAQUE) else list(gc.get_referents(thing))


def _is_full(cell: object) -> bool:
    return bool(gc.get_referents(cell))


def sources_of_frames(frame: FrameType | None, wanted: set[int]) -> set[int]:
    """Those of the wanted sources that the locals of a frame and its callers lead to."""
    found: set[int] = set()
    seen: dict[int, object] = {}  # kept, so that no number is given twice
    layer = list(_locals_of(frame))
    for _ in range(_DEPTH):
        fresh = {id(thing): thing for thing in layer if id(thing) not in seen}
        seen.update(fresh)
        found |= {_source_of(thing) for thing in fresh.values() if isinstance(thing, Source)} & wanted
        if len(seen) > _MOST:
            break
        layer = [held for thing in fresh.values() for held in _referents(thing)]
    return found
