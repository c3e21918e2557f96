"""The clocks and the sleep of the standard library, for participants of patched bubbles."""

# What is exchanged are the C functions of the builtins (csrc/binding/patch.c), and not the attributes
# of their modules. So `from time import sleep`, which is what most programs do, and did before the
# test began, means the same as time.sleep; and so does what an extension module, or datetime
# itself, fetched from there: date.today() and datetime.today() ask time.time(). Where a builtin cannot be
# exchanged, because it is none (another tool has put a function of its own in its place), the
# attribute is replaced instead: then only who looks it up meanwhile meets virtual time.
#
# An answer that returns NotImplemented leaves the call to the original.

import datetime
import math
import operator
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from types import ModuleType
from typing import Any, SupportsFloat, SupportsIndex, TypeVar, cast

from heartbeat import _native

_D = TypeVar("_D", bound=datetime.datetime)
_NANO = 10**9

# ---- answers ----


def _time() -> float:
    return _native._wall_ns() / _NANO


def _monotonic() -> float:
    return _native._now_ns() / _NANO


def _sleep(seconds: SupportsFloat | SupportsIndex, /) -> None:
    length = seconds if isinstance(seconds, float) else operator.index(cast(SupportsIndex, seconds))
    if length < 0:
        raise ValueError("sleep length must be non-negative")
    if math.isinf(length):
        raise OverflowError("an endless sleep")
    _native.sleep(length)


def _with_now(convert: Callable[[float], Any]) -> Callable[..., Any]:
    """For functions of a point in time, which mean the present one if they are given none or None."""

    def answer(*args: object) -> Any:
        return NotImplemented if args and args[0] is not None else convert(_time())

    return answer


def _asctime(*args: object) -> Any:
    return NotImplemented if args else time.asctime(time.localtime())


def _strftime(*args: Any) -> Any:
    return NotImplemented if len(args) != 1 else time.strftime(args[0], time.localtime())


def _datetime_now(cls: type[_D], tz: datetime.tzinfo | None = None) -> _D:
    return cls.fromtimestamp(_time(), tz)


def _datetime_utcnow(cls: type[_D]) -> _D:
    if sys.version_info >= (3, 12):
        warnings.warn("utcnow() is deprecated: use now(datetime.UTC)", DeprecationWarning, stacklevel=2)
    return cls.fromtimestamp(_time(), datetime.UTC).replace(tzinfo=None)


_OF_TIME: dict[str, Callable[..., Any]] = {
    "time": _time,
    "time_ns": _native._wall_ns,
    "monotonic": _monotonic,
    "monotonic_ns": _native._now_ns,
    "perf_counter": _monotonic,
    "perf_counter_ns": _native._now_ns,
    "sleep": _sleep,
    "gmtime": _with_now(time.gmtime),
    "localtime": _with_now(time.localtime),
    "ctime": _with_now(time.ctime),
    "asctime": _asctime,
    "strftime": _strftime,
}

# ---- putting on ----


def _dispatcher(original: Callable[..., Any], answer: Callable[..., Any]) -> Callable[..., Any]:
    def either(*args: Any, **kwargs: Any) -> Any:
        given = answer(*args, **kwargs) if _native._patched_bubble() else NotImplemented
        return original(*args, **kwargs) if given is NotImplemented else given

    return either


def substitute(module: ModuleType, name: str, answer: Callable[..., Any], undo: ExitStack) -> None:
    """Let `answer` stand in for a builtin of the module; `undo` takes it off."""
    original = getattr(module, name)
    if _native._patch_function(original, answer):
        undo.callback(_native._unpatch_function, original)
    else:
        undo.callback(setattr, module, name, original)
        setattr(module, name, _dispatcher(original, answer))


def install(undo: ExitStack) -> None:
    """Put the answers on; `undo` takes them off."""
    for name, answer in _OF_TIME.items():
        substitute(time, name, answer, undo)
    for method, in_class in (
        (datetime.datetime.now, _datetime_now),
        (datetime.datetime.utcnow, _datetime_utcnow),
    ):
        if _native._patch_function(method, in_class):  # else it is Python, and asks time.time()
            undo.callback(_native._unpatch_function, method)
