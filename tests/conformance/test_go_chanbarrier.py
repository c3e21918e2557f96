"""Go src/runtime/chanbarrier_test.go: short-lived threads that hand over one object each and are
forgotten.

In Go a write barrier could be missed for the object; here what could go wrong is who owns it and
who frees it. 10 x 1,000 requests there in the short form; 4 x 50 here, as each request starts a
thread.
"""

from __future__ import annotations

import gc
import weakref

import heartbeat
import pytest
from go_helpers import WAIT, Program, until, yield_now
from heartbeat import Channel, select, send

REQUESTERS = 4
REQUESTS = 50


class Answer:
    """What a request gives; its error is the part that is looked at."""

    def __init__(self) -> None:
        self.error = LookupError("no such thing")


def do_request(use_select: bool, seen: weakref.WeakSet[Answer]) -> Exception:
    answers: Channel[Answer] = Channel()
    done: Channel[None] = Channel()

    def work() -> None:
        if use_select:
            select(send(answers, Answer()), done)
        else:
            answers.send(Answer())

    heartbeat.go(work)
    answer = answers.recv(timeout=WAIT)
    seen.add(answer)
    yield_now()
    return answer.error


def request_often(use_select: bool, seen: weakref.WeakSet[Answer]) -> None:
    for _ in range(REQUESTS):
        assert isinstance(do_request(use_select, seen), LookupError)
        garbage = bytearray(1 << 10)
    assert len(garbage) == 1 << 10


@pytest.mark.parametrize(
    "use_select", [True, False], ids=["TestChanSendSelectBarrier", "TestChanSendBarrier"]
)
def test_ChanSendBarrier(use_select: bool) -> None:
    with Program() as program:
        seen = [weakref.WeakSet[Answer]() for _ in range(REQUESTERS)]
        for one_seen in seen:
            program.go(request_often, use_select, one_seen)
        program.join()
    gc.collect()
    # A sender may be on its way out still, with its answer in hand.
    until(lambda: not any(len(one_seen) for one_seen in seen))
