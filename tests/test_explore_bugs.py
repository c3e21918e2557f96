"""Three classic bugs that ordinary runs do not show, and a search of schedules does.

Each program sleeps a second in two participants, so that both go on at one instant. In virtual
time without a schedule they then go one after the other, every time; with one, the seed decides
at every operation.
"""

import re
from collections.abc import Callable

import pytest

import heartbeat
from heartbeat import Channel, DeadlockError, go
from heartbeat.testing import explore, virtual_time

RUNS = 1000
SCHEDULES = 1000


def in_a_second(fn: Callable[[], None]) -> "heartbeat.Task[None]":
    def wait() -> None:
        heartbeat.sleep(1)
        fn()

    return go(wait)


# ---- a lost wake-up ----


class Latch:
    """Opens once. A bell without memory rings for nobody between the check and the wait."""

    def __init__(self, capacity: int) -> None:
        self.is_open = False
        self.bell: Channel[None] = Channel(capacity)

    def wait(self) -> None:
        if not self.is_open:
            self.bell.recv()

    def open(self) -> None:
        self.is_open = True
        self.bell.try_send(None)


def wake_up(capacity: int) -> None:
    latch = Latch(capacity)
    waiter = in_a_second(latch.wait)
    opener = in_a_second(latch.open)
    waiter.join()
    opener.join()


def lost_wake_up() -> None:
    wake_up(0)


def kept_wake_up() -> None:
    wake_up(1)


# ---- a double close ----


class Resource:
    def __init__(self) -> None:
        self.closed: Channel[None] = Channel()
        self.releases = 0

    def close_if_open(self) -> None:
        if not self.closed.closed:
            self.closed.close()
            self.releases += 1

    def close(self) -> None:
        if self.closed.close():
            self.releases += 1


def close_twice(close: Callable[[Resource], None]) -> None:
    resource = Resource()
    closers = [in_a_second(lambda: close(resource)) for _ in range(2)]
    for closer in closers:
        closer.join()
    assert resource.releases == 1, "released twice"


def double_close() -> None:
    close_twice(Resource.close_if_open)


def single_close() -> None:
    close_twice(Resource.close)


# ---- two locks, taken in two orders ----


class Lock:
    """Two rendezvous channels and a keeper: who meets it at the first has the lock."""

    def __init__(self) -> None:
        self.grants: Channel[None] = Channel()
        self.returns: Channel[None] = Channel()
        self.keeper = go(self.keep)

    def keep(self) -> None:
        try:
            while True:
                self.grants.send(None)
                self.returns.recv()
        except heartbeat.Closed:
            pass

    def __enter__(self) -> None:
        self.grants.recv()

    def __exit__(self, *exc_info: object) -> None:
        self.returns.send(None)

    def close(self) -> None:
        self.grants.close()
        self.keeper.join()


def take_both(orders: list[tuple[int, int]]) -> None:
    locks = [Lock(), Lock()]

    def take(first: int, second: int) -> None:
        with locks[first], locks[second]:
            pass

    takers = [in_a_second(lambda order=order: take(*order)) for order in orders]  # type: ignore[misc]
    for taker in takers:
        taker.join()
    for lock in locks:
        lock.close()


def inverted_order() -> None:
    take_both([(0, 1), (1, 0)])


def same_order() -> None:
    take_both([(0, 1), (0, 1)])


# ---- what is shown ----

BUGS = pytest.mark.parametrize(("program", "failure"), [
    (lost_wake_up, DeadlockError), (double_close, AssertionError), (inverted_order, DeadlockError),
], ids=["lost_wake_up", "double_close", "inverted_order"])
KINDS = pytest.mark.parametrize("kind", ["random", "pct"])


def seed_of(error: BaseException) -> int:
    found = re.search(r"--heartbeat-seed=(\d+)", "\n".join(error.__notes__))
    assert found
    return int(found.group(1))


def trace_of(error: BaseException) -> str:
    return error.__notes__[-1]


@BUGS
def test_a_thousand_ordinary_runs_find_nothing(program: Callable[[], None],
                                               failure: type[Exception]) -> None:
    for seed in range(RUNS):
        with virtual_time(seed=seed):
            program()


@BUGS
@KINDS
def test_a_search_of_schedules_finds_it_and_replays_it(program: Callable[[], None],
                                                       failure: type[Exception], kind: str) -> None:
    with pytest.raises(failure) as found:
        explore(program, schedules=SCHEDULES, schedule=kind)  # type: ignore[arg-type]
    seed = seed_of(found.value)
    assert __file__ in trace_of(found.value)
    for _ in range(20):
        with pytest.raises(failure) as again:
            explore(program, schedules=1, seed=seed, schedule=kind)  # type: ignore[arg-type]
        assert seed_of(again.value) == seed
        assert trace_of(again.value) == trace_of(found.value)


@pytest.mark.parametrize("program", [kept_wake_up, single_close, same_order])
@KINDS
def test_the_corrected_program_passes_all_schedules(program: Callable[[], None], kind: str) -> None:
    explore(program, schedules=SCHEDULES, schedule=kind)  # type: ignore[arg-type]
