"""Watchdogs: they expire after silence and only then, once for each, and nobody waits for the other side."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable
from typing import Any

import pytest

from heartbeat import Channel, Selector, Source, Watchdog, go, nil, now, recv, seed, select, try_select
from support import QUIET, SOON, wait_for_receivers

INF, NAN = math.inf, math.nan
ROUNDING = 1e-6  # an instant in seconds has not all digits of one in nanoseconds

RECEIVES: dict[str, Callable[[Watchdog], float]] = {
    "recv": lambda watchdog: watchdog.recv(timeout=SOON),
    "expired": lambda watchdog: watchdog.expired.recv(),
    "select": lambda watchdog: select(nil, watchdog, timeout=SOON).value or 0.0,
    "a case": lambda watchdog: select(recv(watchdog), Channel[float]()).value or 0.0,
    "selector": lambda watchdog: Selector([nil, watchdog]).select().value or 0.0,
}
receives = pytest.mark.parametrize("receive", RECEIVES.values(), ids=RECEIVES.keys())


def stall(until: float) -> None:
    """Spend the time in a wait that is not for the watchdog."""
    with pytest.raises(TimeoutError):
        nil.recv(deadline=until)


def due_of(watchdog: Watchdog) -> float:
    assert watchdog.due is not None
    return watchdog.due


# ---- silence ----


@receives
@pytest.mark.parametrize("timeout", [0.02, datetime.timedelta(milliseconds=20), decimal.Decimal("0.02")])
def test_it_expires_after_silence(receive: Callable[[Watchdog], float], timeout: Any) -> None:
    begun = now()
    watchdog = Watchdog(timeout)
    made, due = now(), due_of(watchdog)
    assert begun + 0.02 <= due + ROUNDING <= made + 0.02 + 2 * ROUNDING
    assert receive(watchdog) == due <= now() + ROUNDING < begun + SOON


@receives
def test_it_expires_again_and_again(receive: Callable[[Watchdog], float]) -> None:
    watchdog = Watchdog(0.005)
    expiries = [receive(watchdog) for _ in range(5)]
    assert all(later >= earlier + 0.005 - ROUNDING
               for earlier, later in zip(expiries, expiries[1:], strict=False))


def test_a_beat_puts_it_off() -> None:
    watchdog = Watchdog(1000)
    for _ in range(3):
        begun = now()
        assert watchdog.beat() is None
        assert begun + 1000 <= due_of(watchdog) + ROUNDING <= now() + 1000 + 2 * ROUNDING
    assert watchdog.try_recv() is None and try_select(watchdog) is None
    for call in (lambda: watchdog.recv(timeout=0.001), lambda: select(watchdog, timeout=0)):
        with pytest.raises(TimeoutError):
            call()


def check_expiries(expiries: list[float], beats: list[tuple[float, float]], timeout: float) -> None:
    """Each comes a timeout after the one before, and after every beat that came before it."""
    for earlier, later in zip(expiries, expiries[1:], strict=False):
        assert later >= earlier + timeout - ROUNDING
    for expiry in expiries:
        assert all(expiry >= begun + timeout - ROUNDING
                   for begun, done in beats if done + ROUNDING < expiry)


def test_a_follower_acts_when_the_leader_falls_silent() -> None:
    watchdog, heartbeats = Watchdog(0.05), Channel[int]()
    beats: list[tuple[float, float]] = []

    def follow() -> None:
        for _ in heartbeats:
            begun = now()
            watchdog.beat()
            beats.append((begun, now()))

    def act() -> list[float]:
        expiries: list[float] = []
        while not heartbeats.closed or len(expiries) < 2:
            expiries.append(watchdog.expired.recv())
        return expiries

    following, acting = go(follow), go(act)
    for number in range(30):
        heartbeats.send(number)
        stall(now() + 0.005)
    heartbeats.close()
    following.join(SOON)
    expiries = acting.result(SOON)
    assert expiries[-1] >= beats[-1][0] + 0.05 - ROUNDING and len(beats) == 30
    check_expiries(expiries, beats, 0.05)


# ---- an expiry is kept, and one ----


def test_a_beat_does_not_take_an_expiry_back() -> None:
    watchdog = Watchdog(0.02)
    due = due_of(watchdog)
    stall(due + 0.001)
    for _ in range(3):
        begun = now()
        watchdog.beat()
    done = now()
    assert watchdog.due == due
    assert watchdog.try_recv() == due  # then it counts from the last beat
    if now() < begun + 0.02:
        assert begun + 0.02 <= due_of(watchdog) + ROUNDING <= done + 0.02 + 2 * ROUNDING


def test_one_expiry_is_kept_however_late_it_is_received() -> None:
    watchdog = Watchdog(0.02)
    due = due_of(watchdog)
    stall(due + 0.07)
    begun = now()
    assert watchdog.recv(timeout=0) == due
    assert due_of(watchdog) >= begun + 0.02 - ROUNDING


def test_in_silence_it_keeps_its_phase() -> None:
    watchdog = Watchdog(0.05)
    due = watchdog.recv()
    if now() < due + 0.05:  # else it counts from the receipt
        assert abs(due_of(watchdog) - due - 0.05) < ROUNDING


def test_each_expiry_goes_to_one_receiver() -> None:
    watchdog, taken = Watchdog(0.002), Channel[float](None)

    def take() -> None:
        for _ in range(20):
            taken.send(watchdog.recv())

    for task in [go(take) for _ in range(3)]:
        task.join(SOON)
    check_expiries(sorted(taken.recv_many(100)), [], 0.002)


# ---- stop ----


def test_stop_disarms_until_the_next_beat() -> None:
    watchdog = Watchdog(1000)
    assert watchdog.stop() is True and watchdog.stop() is False
    assert watchdog.due is None and watchdog.try_recv() is None
    with pytest.raises(TimeoutError):
        watchdog.recv(timeout=0.001)
    watchdog.beat()
    assert due_of(watchdog) > now() and watchdog.stop() is True


def test_stop_drops_what_nobody_received() -> None:
    watchdog = Watchdog(0.001)
    stall(due_of(watchdog) + 0.001)
    assert watchdog.stop() is True
    assert watchdog.try_recv() is None and select(watchdog, recv(closed_channel())).index == 1
    with pytest.raises(TimeoutError):
        watchdog.recv(timeout=QUIET)


def closed_channel() -> Channel[float]:
    channel = Channel[float]()
    channel.close()
    return channel


@receives
def test_a_beat_wakes_who_began_to_wait_while_it_was_stopped(receive: Callable[[Watchdog], float]) -> None:
    watchdog = Watchdog(0.01)
    watchdog.stop()
    task = go(receive, watchdog)
    with pytest.raises(TimeoutError):
        task.join(QUIET)
    begun = now()
    watchdog.beat()
    assert begun + 0.01 <= task.result(SOON) + ROUNDING < begun + SOON


@pytest.mark.parametrize("timeout", [INF, 9.2e9])
def test_a_timeout_without_end(timeout: float) -> None:
    watchdog = Watchdog(timeout, jitter=9e9)
    watchdog.beat()
    assert watchdog.due is None and watchdog.try_recv() is None and watchdog.stop() is False
    assert watchdog.timeout == timeout and "not armed" in repr(watchdog)


# ---- jitter ----


def jitters(number: int) -> list[float]:
    """What so many beats drew, each a moment less; of a million seconds."""
    watchdog = Watchdog(1, jitter=1e6)
    drawn = []
    for _ in range(number):
        begun = now()
        watchdog.beat()
        drawn.append(due_of(watchdog) - begun - 1)
    return drawn


def test_jitter_stays_within_its_bounds() -> None:
    drawn = jitters(500)
    assert -ROUNDING <= min(drawn) < 1e5 and 9e5 < max(drawn) < 1e6 + SOON
    watchdog = Watchdog(0.02, jitter=0.01)
    for _ in range(100):
        begun = now()
        watchdog.beat()
        assert begun + 0.02 <= due_of(watchdog) + ROUNDING <= now() + 0.03 + 2 * ROUNDING
    assert watchdog.jitter == 0.01


def test_a_seed_repeats_the_jitter_of_its_thread() -> None:
    def seeded(start: int) -> list[float]:
        seed(start)
        return jitters(20)

    first, again, other = (go(seeded, start).result(SOON) for start in (7, 7, 8))
    assert all(abs(one - two) < SOON for one, two in zip(first, again, strict=True))
    assert any(abs(one - two) > SOON for one, two in zip(first, other, strict=True))


def test_two_candidates_do_not_act_at_once_for_ever() -> None:
    seed(1)
    candidates = [Watchdog(0.001, jitter=0.05) for _ in range(2)]
    first, second = ([watchdog.recv() for _ in range(3)] for watchdog in candidates)
    assert any(abs(one - two) > 0.001 for one, two in zip(first, second, strict=True))


# ---- many threads ----


def storm(watchdog: Watchdog, beats: list[tuple[float, float]], number: int) -> None:
    for _ in range(number):
        begun = now()
        watchdog.beat()
        beats.append((begun, now()))


@pytest.mark.parametrize("jitter", [0.0, 0.01])
def test_storms_of_beats_from_four_threads(jitter: float) -> None:
    watchdog, over = Watchdog(0.002, jitter=jitter), Channel[float]()
    beats: list[tuple[float, float]] = []

    def take() -> list[float]:
        expiries: list[float] = []
        while (chosen := select(over, watchdog)).ok:
            assert chosen.value is not None
            expiries.append(chosen.value)
        return expiries

    takers = [go(take) for _ in range(2)]
    for task in [go(storm, watchdog, beats, 300) for _ in range(4)]:
        task.join(SOON)
    assert watchdog.recv(timeout=SOON) >= beats[-1][0] - SOON  # and it goes on expiring
    over.close()
    expiries = sorted(expiry for task in takers for expiry in task.result(SOON))
    check_expiries(expiries, beats[::20], 0.002)


def test_beats_while_nobody_receives_and_receivers_without_a_beat() -> None:
    watchdog = Watchdog(0.001)
    due = due_of(watchdog)
    stall(due)
    storm(watchdog, [], 10_000)
    assert watchdog.due == due  # one expiry, kept by ten thousand beats
    silent = Watchdog(1000)
    with pytest.raises(TimeoutError):
        silent.recv(timeout=0.001)


def close_at(until: float, channel: Channel[float]) -> bool:
    stall(until)
    return channel.close()


def test_a_close_races_with_the_expiry() -> None:
    for race in range(200):
        watchdog, channel = Watchdog(0.0005), Channel[float]()
        due = due_of(watchdog)
        closing = go(close_at, due + (race % 20 - 10) * 2e-5, channel)
        chosen = select(watchdog, channel)
        assert (chosen.value if chosen.ok else watchdog.recv(timeout=SOON)) == due  # not lost, not twice
        assert closing.result(SOON)


def test_a_value_goes_before_a_watchdog_that_has_not_expired() -> None:
    watchdog, channel = Watchdog(1000), Channel[float]()
    task = go(select, watchdog, channel)
    wait_for_receivers(channel)
    for _ in range(100):
        watchdog.beat()
    channel.send(2.5)
    assert task.result(SOON).value == 2.5 and due_of(watchdog) > now()


def test_a_selector_that_is_told_of_beats() -> None:
    watchdog, channel = Watchdog(0.02), Channel[float](1)
    selector = Selector([channel, watchdog])
    assert selector.try_select() is None
    watchdog.stop()
    channel.send(1.0)
    assert selector.select().value == 1.0
    assert selector.try_select() is None
    begun = now()
    watchdog.beat()
    assert begun + 0.02 <= (selector.select(timeout=SOON).value or 0) + ROUNDING


# ---- the type ----


def test_what_it_is() -> None:
    watchdog = Watchdog(2, jitter=1)
    assert isinstance(watchdog, Source) and watchdog.expired is watchdog
    assert (watchdog.timeout, watchdog.jitter) == (2.0, 1.0)
    for attribute in ("timeout", "jitter", "due", "expired"):
        with pytest.raises(AttributeError):
            setattr(watchdog, attribute, 1)


def test_repr() -> None:
    watchdog = Watchdog(1000)
    assert "Watchdog" in repr(watchdog) and "1000.0 s, due in" in repr(watchdog)
    watchdog.stop()
    assert "not armed" in repr(watchdog)
    watchdog = Watchdog(0.001)
    stall(due_of(watchdog) + 0.001)
    assert "expired" in repr(watchdog) and " ago" in repr(watchdog)


def test_a_subclass() -> None:
    class Election(Watchdog):
        def __new__(cls) -> Election:
            return super().__new__(cls, 0.001, jitter=0.001)

        def beat(self) -> None:
            self.beaten = True
            super().beat()

    election = Election()
    election.beat()
    assert election.beaten and election.recv() <= now() and "Election" in repr(election)


@pytest.mark.parametrize(("make", "error", "match"), [
    (lambda: Watchdog(), TypeError, "timeout"),
    (lambda: Watchdog(1, 2), TypeError, "positional"),
    (lambda: Watchdog(1, jiter=2), TypeError, "jiter"),
    (lambda: Watchdog(1).beat(2), TypeError, "beat"),
    (lambda: Watchdog(None), TypeError, "timeout .*None"),
    (lambda: Watchdog("1"), TypeError, "timeout .*str"),
    (lambda: Watchdog(0), ValueError, "timeout .*more than 0"),
    (lambda: Watchdog(datetime.timedelta(0)), ValueError, "timeout .*more than 0"),
    (lambda: Watchdog(-1), ValueError, "timeout .*negative"),
    (lambda: Watchdog(NAN), ValueError, "timeout .*NaN"),
    (lambda: Watchdog(1e10), OverflowError, "timeout .*clock"),
    (lambda: Watchdog(1, jitter=None), TypeError, "jitter .*None"),
    (lambda: Watchdog(1, jitter=[1]), TypeError, "jitter .*list"),
    (lambda: Watchdog(1, jitter=-0.1), ValueError, "jitter .*negative"),
    (lambda: Watchdog(1, jitter=NAN), ValueError, "jitter .*NaN"),
    (lambda: Watchdog(1, jitter=INF), ValueError, "jitter .*finite"),
    (lambda: Watchdog(1, jitter=2**63), OverflowError, "jitter .*clock"),
])
def test_bad_input(make: Callable[[], object], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        make()
