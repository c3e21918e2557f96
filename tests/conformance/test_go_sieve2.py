"""Go test/chan/sieve2.go: the sieve of Eratosthenes, with a feedback loop that needs a queue
without bound.

One thread for the multiples of every prime that is needed, a merge of them in order, and a
comparison of the merged composites with the odd numbers. The primes found go back to the merge.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from go_helpers import WAIT, Program
from heartbeat import Channel, nil, select, send

PRIMES = [
    2,
    3,
    5,
    7,
    11,
    13,
    17,
    19,
    23,
    29,
    31,
    37,
    41,
    43,
    47,
    53,
    59,
    61,
    67,
    71,
    73,
    79,
    83,
    89,
    97,
]
Proxy = Callable[[Program, Channel[Any]], Channel[Any]]


def count_up(out: Channel[Any], start: int, step: int) -> None:
    while True:
        out.send(start)
        start += step


def arithmetic(program: Program, start: int, step: int, buffer: int) -> Channel[Any]:
    out = program.chan(buffer)
    program.go(count_up, out, start, step)
    return out


def relay(inward: Channel[Any], outward: Channel[Any]) -> None:
    """Takes whatever comes and hands it on when it can; with nothing to hand on its send goes to
    nil.
    """
    waiting: deque[Any] = deque()
    while True:
        output = send(outward, waiting[0]) if waiting else send(nil, None)
        got = select(inward, output)
        if got.index == 1:
            waiting.popleft()
        elif got.ok:
            waiting.append(got.value)
        else:
            return


def select_proxy(program: Program, outward: Channel[Any]) -> Channel[Any]:
    """The original's proxy: a thread with a growing buffer, so that sending to `outward` never
    blocks.
    """
    inward = program.chan(10)
    program.go(relay, inward, outward)
    return inward


def unbounded(program: Program, outward: Channel[Any]) -> Channel[Any]:
    """The same from the package itself: a channel without bound in place of the buffer."""
    inward = program.chan(None)
    program.go(lambda: outward.send_many(inward))
    return inward


def merge_multiples(program: Program, primes: Channel[Any], composites: Channel[Any]) -> None:
    """Sends the odd composites in order, each once: the smallest head of all streams of multiples,
    time and again.
    """
    heads: list[tuple[int, int, Channel[Any]]] = []
    for prime in primes:
        stream = arithmetic(program, prime * prime, 2 * prime, 10)
        square = stream.recv()
        while heads and heads[0][0] < square:
            composites.send(advance(heads))
        composites.send(square)  # at once: the next prime is found only after it
        heapq.heappush(heads, (stream.recv(), prime, stream))


def advance(heads: list[tuple[int, int, Channel[Any]]]) -> int:
    smallest = heads[0][0]
    while heads[0][0] == smallest:
        _, prime, stream = heads[0]
        heapq.heapreplace(heads, (stream.recv(), prime, stream))
    return smallest


def sift(
    program: Program,
    composites: Channel[Any],
    primes: Channel[Any],
    out: Channel[Any],
    proxy: Proxy,
) -> None:
    """An odd number that is not the next composite is prime.

    The proxy keeps this loop from waiting for the merge.
    """
    feedback = proxy(program, primes)
    candidates = arithmetic(program, 5, 2, 50)
    candidate = candidates.recv()
    for composite in composites:
        while candidate < composite:
            feedback.send(candidate)
            out.send(candidate)
            candidate = candidates.recv()
        if candidate == composite:
            candidate = candidates.recv()


@pytest.mark.parametrize("proxy", [select_proxy, unbounded])
def test_sieve2(proxy: Proxy) -> None:
    with Program() as program:
        out, composites, primes = program.chan(10), program.chan(50), program.chan(10)
        out.send_many([2, 3])
        primes.send(3)
        program.go(merge_multiples, program, primes, composites)
        program.go(sift, program, composites, primes, out, proxy)
        assert [out.recv(timeout=WAIT) for _ in PRIMES] == PRIMES
