from _typeshed import structseq
from collections.abc import Callable, Generator, Iterable
from datetime import timedelta
from types import FrameType, GenericAlias
from typing import (
    Any,
    Final,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    Self,
    TypeAlias,
    TypeVar,
    final,
    overload,
    type_check_only,
)
from typing_extensions import Buffer, CapsuleType, disjoint_base

from heartbeat.testing._report import Participant

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_D = TypeVar("_D")
_P = ParamSpec("_P")
_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")
_E = TypeVar("_E")

_Duration: TypeAlias = float | timedelta
_Case: TypeAlias = Source[_T] | _BoundCase[_T] | None

C_API: Final[CapsuleType]  # of csrc/include/heartbeat.h

class Error(Exception):
    code: int | None

class Closed(Error):
    cause: Any

class DeadlockError(Error):
    report: Any

class Revoked(Error): ...
class Stopped(Error): ...

@disjoint_base
class Source(Generic[_T_co]):
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
    def recv(self, *, timeout: _Duration | None = None, deadline: float | None = None) -> _T_co: ...
    @overload
    def try_recv(self, default: None = None) -> _T_co | None: ...
    @overload
    def try_recv(self, default: _D) -> _T_co | _D: ...

@final
class ChannelStats(structseq[Any], tuple[int, int | None, bool, int, int, int, int, float, int]):
    __match_args__: Final = (
        "len",
        "capacity",
        "closed",
        "sends",
        "receives",
        "waiting_senders",
        "waiting_receivers",
        "longest_wait",
        "high_water",
    )
    @property
    def len(self) -> int: ...
    @property
    def capacity(self) -> int | None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def sends(self) -> int: ...
    @property
    def receives(self) -> int: ...
    @property
    def waiting_senders(self) -> int: ...
    @property
    def waiting_receivers(self) -> int: ...
    @property
    def longest_wait(self) -> float: ...
    @property
    def high_water(self) -> int: ...

@disjoint_base
class Channel(Source[_T]):
    @overload
    def __init__(
        self, capacity: int | None = 0, *, dtype: None = None, name: str | None = None
    ) -> None: ...
    @overload
    def __init__(
        self: Channel[int],
        capacity: int | None = 0,
        *,
        dtype: Literal["q"],
        name: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Channel[float],
        capacity: int | None = 0,
        *,
        dtype: Literal["d"],
        name: str | None = None,
    ) -> None: ...
    @property
    def capacity(self) -> int | None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def dtype(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    def send(
        self, value: _T, /, *, timeout: _Duration | None = None, deadline: float | None = None
    ) -> None: ...
    def try_send(self, value: _T, /) -> bool: ...
    def send_many(
        self,
        values: Iterable[_T],
        /,
        *,
        timeout: _Duration | None = None,
        deadline: float | None = None,
    ) -> int: ...
    def recv_many(
        self, max: int, /, *, timeout: _Duration | None = None, deadline: float | None = None
    ) -> list[_T]: ...
    def close(self, cause: Any = None) -> bool: ...
    def stats(self) -> ChannelStats: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> _T: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> Literal[True]: ...

nil: Channel[Any]

@type_check_only
class _BoundCase(
    Generic[_T_co]
): ...  # what both kinds of case have in common for select: the type they give

@final
class Recv(_BoundCase[_T_co]):
    @property
    def source(self) -> Source[_T_co]: ...
    @property
    def value(self) -> None: ...

@final
class Send(_BoundCase[None]):
    @property
    def source(self) -> Channel[Any]: ...
    @property
    def value(self) -> Any: ...

def recv(source: Source[_T], /) -> Recv[_T]: ...
def send(channel: Channel[_T], value: _T, /) -> Send: ...

@final
class Selected(structseq[Any], tuple[int, _T_co, bool], Generic[_T_co]):
    __match_args__: Final = ("index", "value", "ok")
    @property
    def index(self) -> int: ...  # type: ignore[override]
    @property
    def value(self) -> _T_co: ...
    @property
    def ok(self) -> bool: ...
    @property
    def source(self) -> Source[Any]: ...

# Up to four cases keep their item types apart; with more, or with an unpacked sequence, they share
# one. `None` is always possible: a closed source and a send case have no value.
@overload
def select(
    *, timeout: _Duration | None = None, deadline: float | None = None, biased: bool = False
) -> Selected[None]: ...
@overload
def select(
    case0: _Case[_A],
    /,
    *,
    timeout: _Duration | None = None,
    deadline: float | None = None,
    biased: bool = False,
) -> Selected[_A | None]: ...
@overload
def select(
    case0: _Case[_A],
    case1: _Case[_B],
    /,
    *,
    timeout: _Duration | None = None,
    deadline: float | None = None,
    biased: bool = False,
) -> Selected[_A | _B | None]: ...
@overload
def select(
    case0: _Case[_A],
    case1: _Case[_B],
    case2: _Case[_C],
    /,
    *,
    timeout: _Duration | None = None,
    deadline: float | None = None,
    biased: bool = False,
) -> Selected[_A | _B | _C | None]: ...
@overload
def select(
    case0: _Case[_A],
    case1: _Case[_B],
    case2: _Case[_C],
    case3: _Case[_E],
    /,
    *,
    timeout: _Duration | None = None,
    deadline: float | None = None,
    biased: bool = False,
) -> Selected[_A | _B | _C | _E | None]: ...
@overload
def select(
    *cases: _Case[_T],
    timeout: _Duration | None = None,
    deadline: float | None = None,
    biased: bool = False,
) -> Selected[_T | None]: ...
@overload
def try_select(*, biased: bool = False) -> None: ...
@overload
def try_select(case0: _Case[_A], /, *, biased: bool = False) -> Selected[_A | None] | None: ...
@overload
def try_select(
    case0: _Case[_A], case1: _Case[_B], /, *, biased: bool = False
) -> Selected[_A | _B | None] | None: ...
@overload
def try_select(
    case0: _Case[_A], case1: _Case[_B], case2: _Case[_C], /, *, biased: bool = False
) -> Selected[_A | _B | _C | None] | None: ...
@overload
def try_select(
    case0: _Case[_A],
    case1: _Case[_B],
    case2: _Case[_C],
    case3: _Case[_E],
    /,
    *,
    biased: bool = False,
) -> Selected[_A | _B | _C | _E | None] | None: ...
@overload
def try_select(*cases: _Case[_T], biased: bool = False) -> Selected[_T | None] | None: ...

@disjoint_base
class Selector(Generic[_T]):
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
    @overload
    def __new__(cls, cases: Iterable[_Case[_T]] = ()) -> Self: ...
    @overload  # a list of cases with different item types
    def __new__(cls, cases: Iterable[_Case[Any]]) -> Selector[Any]: ...
    def select(
        self,
        *,
        timeout: _Duration | None = None,
        deadline: float | None = None,
        biased: bool = False,
    ) -> Selected[_T | None]: ...
    def try_select(self, *, biased: bool = False) -> Selected[_T | None] | None: ...
    def add(self, case: _Case[_T], /) -> int: ...
    def remove(self, key: int, /) -> None: ...
    def __len__(self) -> int: ...

def seed(value: int | None = None, /) -> None: ...
def now() -> float: ...
def sleep(d: _Duration, /) -> None: ...

@disjoint_base
class Timer(Source[float]):
    def __new__(cls, d: _Duration, /) -> Self: ...
    @property
    def due(self) -> float: ...
    @property
    def active(self) -> bool: ...
    def stop(self) -> bool: ...
    def reset(self, d: _Duration, /) -> bool: ...

@disjoint_base
class Ticker(Source[float]):
    def __new__(cls, d: _Duration, /) -> Self: ...
    @property
    def due(self) -> float: ...
    @property
    def active(self) -> bool: ...
    @property
    def missed(self) -> int: ...
    @property
    def period(self) -> float: ...
    def stop(self) -> None: ...
    def reset(self, d: _Duration, /) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> float: ...

@disjoint_base
class Watchdog(Source[float]):
    def __new__(cls, timeout: _Duration, *, jitter: _Duration = 0.0) -> Self: ...
    @property
    def expired(self) -> Self: ...
    @property
    def timeout(self) -> float: ...
    @property
    def jitter(self) -> float: ...
    @property
    def due(self) -> float | None: ...
    def beat(self) -> None: ...
    def stop(self) -> bool: ...

def after(d: _Duration, /) -> Timer: ...
def after_func(d: _Duration, fn: Callable[[], object], /) -> Timer: ...
def tick(d: _Duration, /) -> Ticker: ...

@final
class Task(Source[None], Generic[_T_co]):
    @property
    def name(self) -> str: ...
    @property
    def done(self) -> bool: ...
    @property
    def ident(self) -> int | None: ...
    @property
    def exception(self) -> BaseException | None: ...
    def join(self, timeout: _Duration | None = None, *, deadline: float | None = None) -> None: ...
    def result(
        self, timeout: _Duration | None = None, *, deadline: float | None = None
    ) -> _T_co: ...

@overload
def go(fn: Callable[..., _T], /, *args: Any, name: str | None, **kwargs: Any) -> Task[_T]: ...
@overload
def go(fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Task[_T]: ...

@final
class Pulses(Source[float]):
    @property
    def closed(self) -> bool: ...
    @property
    def name(self) -> str | None: ...
    @property
    def waiting(self) -> int: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> float: ...

@final
class UnitSeconds(structseq[Any], tuple[float, float, float, tuple[tuple[float, int], ...]]):
    __match_args__: Final = ("min", "mean", "max", "histogram")
    @property
    def min(self) -> float: ...
    @property
    def mean(self) -> float: ...
    @property
    def max(self) -> float: ...
    @property
    def histogram(self) -> tuple[tuple[float, int], ...]: ...

_Progress: TypeAlias = tuple[float, float | None, str | None]

@final
class HeartbeatStats(
    structseq[Any],
    tuple[
        str | None,
        int,
        int,
        UnitSeconds,
        float,
        float,
        float,
        float,
        str | None,
        float | None,
        _Progress | None,
        float,
    ],
):
    __match_args__: Final = (
        "name",
        "pulses",
        "units",
        "unit_seconds",
        "idle",
        "busy",
        "last_pulse_age",
        "longest_gap",
        "unit",
        "unit_since",
        "progress",
        "rate",
    )
    @property
    def name(self) -> str | None: ...
    @property
    def pulses(self) -> int: ...
    @property
    def units(self) -> int: ...
    @property
    def unit_seconds(self) -> UnitSeconds: ...
    @property
    def idle(self) -> float: ...
    @property
    def busy(self) -> float: ...
    @property
    def last_pulse_age(self) -> float: ...
    @property
    def longest_gap(self) -> float: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def unit_since(self) -> float | None: ...
    @property
    def progress(self) -> _Progress | None: ...
    @property
    def rate(self) -> float: ...

@final
class _Unit:
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...

@final
class _Pause:
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...

@disjoint_base
class Heartbeat(Source[float]):
    def __init__(
        self,
        name: str | None = None,
        *,
        interval: _Duration | None = None,
        timeout: _Duration | None = None,
        keep: Literal[0, 1] = 1,
    ) -> None: ...
    @property
    def pulses(self) -> Pulses: ...
    @property
    def closed(self) -> bool: ...
    @property
    def name(self) -> str | None: ...
    @property
    def interval(self) -> float | None: ...
    @property
    def timeout(self) -> float | None: ...
    def pulse(self) -> None: ...
    def progress(
        self, done: float, total: float | None = None, phase: str | None = None
    ) -> None: ...
    def unit(self, label: str = "", *, timeout: _Duration | None = None) -> _Unit: ...
    def pause(self, max: _Duration) -> _Pause: ...
    def pulse_interval(self) -> Ticker: ...
    def close(self) -> bool: ...
    def stats(self) -> HeartbeatStats: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> float: ...

def snapshot() -> list[HeartbeatStats]: ...

@final
class Done(Source[None]):
    @property
    def closed(self) -> bool: ...

@final
class WorkerContext:
    @property
    def beat(self) -> Heartbeat: ...
    @property
    def done(self) -> Done: ...
    @property
    def name(self) -> str: ...
    @property
    def stopping(self) -> bool: ...
    def send(
        self, value: Any, /, *, timeout: _Duration | None = None, deadline: float | None = None
    ) -> None: ...
    def recv(
        self,
        source: Source[_T],
        /,
        *,
        timeout: _Duration | None = None,
        deadline: float | None = None,
    ) -> _T: ...
    @overload
    def select(
        self,
        case0: _Case[_A],
        /,
        *,
        timeout: _Duration | None = None,
        deadline: float | None = None,
        biased: bool = False,
    ) -> Selected[_A | None]: ...
    @overload
    def select(
        self,
        case0: _Case[_A],
        case1: _Case[_B],
        /,
        *,
        timeout: _Duration | None = None,
        deadline: float | None = None,
        biased: bool = False,
    ) -> Selected[_A | _B | None]: ...
    @overload
    def select(
        self,
        *cases: _Case[Any],
        timeout: _Duration | None = None,
        deadline: float | None = None,
        biased: bool = False,
    ) -> Selected[Any]: ...
    def sleep(self, d: _Duration, /) -> None: ...
    def pulse(self) -> None: ...
    def unit(self, label: str = "", *, timeout: _Duration | None = None) -> _Unit: ...

# What a worker yields has a type; what it sends through its context has not.
@disjoint_base
class Worker(Source[_T]):
    @overload
    def __new__(
        cls,
        work: Callable[[WorkerContext], Generator[_T, None, Any]]
        | Callable[[], Generator[_T, None, Any]],
        *,
        interval: _Duration | None = None,
        timeout: _Duration | None = None,
        results: int | None = 0,
        name: str | None = None,
        done: Channel[Any] | Task[Any] | Done | None = None,
        data: Any = None,
        dtype: Literal["q", "d"] | None = None,
    ) -> Self: ...
    @overload
    def __new__(
        cls,
        work: Any,  # a callable, with a WorkerContext or without, or a native unit
        *,
        interval: _Duration | None = None,
        timeout: _Duration | None = None,
        results: int | None = 0,
        name: str | None = None,
        done: Channel[Any] | Task[Any] | Done | None = None,
        data: Any = None,
        dtype: Literal["q", "d"] | None = None,
    ) -> Worker[Any]: ...
    @property
    def state(self) -> str: ...  # a Literal would be narrowed, though it changes by itself
    @property
    def exception(self) -> BaseException | None: ...
    @property
    def results(self) -> Channel[_T]: ...
    @property
    def pulses(self) -> Pulses: ...
    @property
    def beat(self) -> Heartbeat: ...
    @property
    def name(self) -> str: ...
    @property
    def ident(self) -> int | None: ...
    def start(self) -> Self: ...
    def stop(self) -> None: ...
    def join(self, timeout: _Duration | None = None, *, deadline: float | None = None) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> _T: ...

@type_check_only
class _HasBeat(Protocol):
    @property
    def beat(self) -> Heartbeat: ...

_Watched: TypeAlias = Heartbeat | _HasBeat
_Cause: TypeAlias = Literal[
    "blocked",
    "starved",
    "busy",
    "missed",
    "stuck",
    "overran",
    "exited",
    "raised",
    "closed",
    "revoked",
]
_Status: TypeAlias = Literal["starting", "healthy", "late", "unhealthy", "paused", "ended"]

@type_check_only
class _HasFileno(Protocol):
    def fileno(self) -> int: ...

_Descriptor: TypeAlias = int | _HasFileno

@final
class Health(
    structseq[Any],
    tuple[
        Heartbeat | Channel[Any],
        bool,
        _Cause | None,
        float,
        float,
        int,
        str | None,
        str,
        str | None,
    ],
):
    __match_args__: Final = (
        "beat",
        "healthy",
        "cause",
        "since",
        "silent_for",
        "misses",
        "unit",
        "where",
        "stack",
    )
    @property
    def beat(self) -> Heartbeat | Channel[Any]: ...
    @property
    def healthy(self) -> bool: ...
    @property
    def cause(self) -> _Cause | None: ...
    @property
    def since(self) -> float: ...
    @property
    def silent_for(self) -> float: ...
    @property
    def misses(self) -> int: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def where(self) -> str: ...
    @property
    def stack(self) -> str | None: ...

@final
class MonitorStats(structseq[Any], tuple[int, int, int, int, float, float, int, int, int]):
    __match_args__: Final = (
        "watched",
        "looks",
        "rounds",
        "verdicts",
        "late",
        "latest",
        "doubts",
        "suspends",
        "unwritten",
    )
    @property
    def watched(self) -> int: ...
    @property
    def looks(self) -> int: ...
    @property
    def rounds(self) -> int: ...
    @property
    def verdicts(self) -> int: ...
    @property
    def late(self) -> float: ...
    @property
    def latest(self) -> float: ...
    @property
    def doubts(self) -> int: ...
    @property
    def suspends(self) -> int: ...
    @property
    def unwritten(self) -> int: ...

@disjoint_base
class Monitor(Source[Health]):
    def __init__(
        self,
        beat: _Watched | None = None,
        *,
        timeout: _Duration | None = None,
        grace: _Duration | None = None,
        misses: int = 1,
        on_event: Callable[[Health], object] | None = None,
        stack: bool = True,
        name: str | None = None,
    ) -> None: ...
    @property
    def health(self) -> Self: ...
    @property
    def status(self) -> _Status: ...
    @property
    def name(self) -> str | None: ...
    @property
    def closed(self) -> bool: ...
    def watch(
        self,
        beat: _Watched,
        /,
        *,
        timeout: _Duration | None = None,
        grace: _Duration | None = None,
        misses: int | None = None,
        progress: _Duration | None = None,
    ) -> Self: ...
    def unwatch(self, beat: _Watched, /) -> bool: ...
    def demand(self, channel: Channel[Any], /, timeout: _Duration) -> Self: ...
    def start(self) -> Self: ...
    def close(self) -> bool: ...
    def status_of(self, beat: _Watched, /) -> _Status: ...
    def check(self) -> list[Health]: ...
    def stats(self) -> MonitorStats: ...
    def dump(self, fd: _Descriptor = 2) -> Self: ...
    def signal(self, signum: int, /) -> Self: ...
    def exit(self, code: int = 1) -> Self: ...
    def abort(self) -> Self: ...
    def notify(self, fd: _Descriptor, data: Buffer, /) -> Self: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Health: ...

def watch_gil(
    limit: _Duration, /, *, on_event: Callable[[Health], object] | None = None
) -> Monitor: ...
def stack_signal(signum: int | None, /) -> int | None: ...
def dump(fd: _Descriptor = 2) -> None: ...
def dump_on_signal(signum: int | None, *, fd: _Descriptor = 2) -> int | None: ...

class LeakError(Error, AssertionError): ...

class StallError(Error):
    report: str | None

def _explain_with(explainer: object, /) -> None: ...
_DETECTS_DEADLOCKS: Final[bool]

def _endless_waits() -> list[tuple[int, int, int, str]]: ...
def _stuck(suspects: tuple[tuple[int, int, tuple[tuple[FrameType, int], ...]], ...], /) -> list[tuple[int, int]]: ...
def _look_at(
    id: int, /
) -> tuple[str | None, int, float, str | None, int, tuple[tuple[str, str, int, str | None, str | None], ...]]: ...
def _source_of(thing: object, /) -> int: ...
def _track_origins(on: bool, /) -> bool: ...
def _origin_of(thing: object, /) -> str | None: ...
@final
class Bubble:
    def __new__(cls, start: _Duration = 0.0, seed: int = 0, *, stall: _Duration | None = 5.0) -> Self: ...
    @property
    def now(self) -> float: ...
    def wait(self) -> None: ...
    def participants(self) -> list[Participant]: ...
    def report(self) -> str: ...
    def advance(self, d: _Duration, /) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, type: object, value: object, traceback: object, /) -> Literal[False]: ...
