"""Go test/chan/sieve1.go: primes by a chain of filters, one thread for every prime found.

Up to 97, as there.
"""

from __future__ import annotations

from typing import Any

import pytest
from go_helpers import DTYPES, WAIT, Program
from heartbeat import Channel

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


def generate(numbers: Channel[Any]) -> None:
    number = 2
    while True:
        numbers.send(number)
        number += 1


def drop_multiples(inward: Channel[Any], outward: Channel[Any], prime: int) -> None:
    for number in inward:
        if number % prime:
            outward.send(number)


def sieve(program: Program, primes: Channel[Any], dtype: str | None) -> None:
    """What comes out of the chain first is prime, and becomes the chain's next filter."""
    end = program.chan(0, dtype)
    program.go(generate, end)
    while True:
        prime = end.recv()
        primes.send(prime)
        longer = program.chan(0, dtype)
        program.go(drop_multiples, end, longer, prime)
        end = longer


@pytest.mark.parametrize("dtype", DTYPES)
def test_sieve1(dtype: str | None) -> None:
    with Program() as program:
        primes = program.chan(0, dtype)
        program.go(sieve, program, primes, dtype)
        assert [primes.recv(timeout=WAIT) for _ in PRIMES] == PRIMES
