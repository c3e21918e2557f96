"""Go src/internal/synctest/synctest_test.go, second part: the border of a bubble, and its deadlocks.

Go 1.26, BSD-3-Clause; behaviour was ported, not text. Where heartbeat decides differently:

  a use from outside         raises Error in whoever tries, where Go ends the process; also after the end
  TestDeadlockRoot           raises DeadlockError where the bubble was entered
  TestDeadlockChild,
  TestDeadlockTicker         is no deadlock but an Error at the end, which names who is left
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from go_helpers import WAIT
from heartbeat import Channel, DeadlockError, Error, Task, Ticker, Timer, go, nil, select, sleep
from heartbeat.testing import virtual_time

Use = Callable[[Any], object]


# Into a bubble: what is waited for outside comes in real time.

Meeting = tuple[Use, Use]
MEETINGS: dict[str, Meeting] = {
    "read closed": (Channel.close, list),
    "read value": (lambda ch: ch.send(0), Channel.recv),
    "write value": (Channel.recv, lambda ch: ch.send(0)),
    "select outside only": (Channel.close, lambda ch: select(ch, OUTSIDE)),
    "select mixed": (Channel.close, lambda ch: select(ch, Channel())),
}
OUTSIDE: Channel[None] = Channel()


def meet_later(ch: Channel[int], outside: Use) -> None:
    sleep(0.001)
    outside(ch)


@pytest.mark.parametrize("meeting", MEETINGS.values(), ids=MEETINGS.keys())
def test_ChannelFromOutsideBubble(meeting: Meeting) -> None:
    """Meanwhile the clock of the bubble stands still, whoever sleeps in it."""
    outside, inside = meeting
    ch: Channel[int] = Channel()
    other = go(meet_later, ch, outside)
    with virtual_time() as bubble:
        sleeper = go(sleep, 1)
        inside(ch)
        assert bubble.now == 0.0
        sleeper.join()
        assert bubble.now == 1.0
    other.result(WAIT)


# Out of a bubble: nothing of it can be used.


def here(use: Use, thing: object) -> None:
    use(thing)


def in_another_bubble(use: Use, thing: object) -> None:
    with virtual_time():
        use(thing)


outsiders = pytest.mark.parametrize("place", [here, in_another_bubble])


def refused(place: Callable[[Use, object], None], use: Use, make: Callable[[], object]) -> None:
    """What a bubble made is given to a thread outside, which was there before."""
    given: Channel[object] = Channel()
    user: Task[None] = go(lambda: place(use, given.recv()))
    with virtual_time():
        thing = make()
        given.send(thing)
        with pytest.raises(Error, match="bubble"):
            user.result()
    with pytest.raises(Error, match="bubble"):
        place(use, thing)


CHANNEL_USES: dict[str, Use] = {
    "receive": Channel.recv,
    "send": lambda ch: ch.send(0),
    "close": Channel.close,
    "select": lambda ch: select(ch, Channel()),
}


@outsiders
@pytest.mark.parametrize("use", CHANNEL_USES.values(), ids=CHANNEL_USES.keys())
def test_ChannelMovedOutOfBubble(place: Callable[[Use, object], None], use: Use) -> None:
    refused(place, use, Channel)


TIMER_USES: dict[str, Use] = {
    "read channel": lambda timer: timer.recv(),
    "Reset": lambda timer: timer.reset(1),
    "Stop": lambda timer: timer.stop(),
}


@outsiders
@pytest.mark.parametrize("make", [Timer, Ticker])
@pytest.mark.parametrize("use", TIMER_USES.values(), ids=TIMER_USES.keys())
def test_TimerFromInsideBubble(
    place: Callable[[Use, object], None], use: Use, make: Callable[[float], object]
) -> None:
    refused(place, use, lambda: make(1))


# Deadlocks.


@pytest.mark.parametrize("wait", [nil.recv, lambda: Channel().recv(), lambda: select(nil, Channel())])
def test_DeadlockRoot_raises_in_the_host(wait: Callable[[], object]) -> None:
    with virtual_time(), pytest.raises(DeadlockError):
        wait()


def test_DeadlockRoot_is_told_whoever_waits() -> None:
    """Also if the host waits for a thread that waits for ever. Then it can go on, and help."""
    with virtual_time():
        ch: Channel[int] = Channel()
        task = go(ch.recv)
        with pytest.raises(DeadlockError):
            task.result()
        ch.send(1)
        assert task.result() == 1


def test_DeadlockChild_is_an_error_that_names_it() -> None:
    with pytest.raises(Error, match="left behind"), virtual_time():
        go(nil.recv, name="left behind")


def test_DeadlockTicker_is_an_error_that_names_its_reader() -> None:
    """When the block has ended time no longer goes on, so no tick comes."""
    ticks: list[float] = []
    with pytest.raises(Error, match="reader"), virtual_time():
        go(lambda: ticks.append(Ticker(1).recv()), name="reader")
    assert ticks == []
