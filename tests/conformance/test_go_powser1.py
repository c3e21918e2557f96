"""Go test/chan/powser1.go: power series, of which every coefficient goes through several threads.

The original checks ten terms of some of the series (and none of others); the operations it defines
and does not run are checked here as well, by what algebra says they give.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial
from typing import Any

import pytest
from go_helpers import Program
from powser import END, ONE, ZERO, Demand, Powser

N = 10
EXP_ONES = [
    ONE,
    ONE,
    *map(Fraction, "3/2 13/6 73/24 167/40 4051/720 37633/5040 43817/4480 4596553/362880".split()),
]
ATAN = [Fraction((-1) ** (power // 2), power) if power % 2 else ZERO for power in range(N)]


def ones(ps: Powser) -> Demand:
    return ps.rep(ONE)


def twos(ps: Powser) -> Demand:
    return ps.rep(Fraction(2))


# The series of the original's main, by the names that its failures are reported under.
ORIGINAL: dict[str, tuple[Callable[[Powser], Demand], list[Any]]] = {
    "Ones": (ones, [1] * N),
    "Add Ones Ones": (lambda ps: ps.add(ones(ps), ones(ps)), [2] * N),
    "Add Ones Twos": (lambda ps: ps.add(ones(ps), twos(ps)), [3] * N),
    "Diff": (lambda ps: ps.diff(ones(ps)), list(range(1, N + 1))),
    "Integ": (lambda ps: ps.integ(ZERO, ones(ps)), [ZERO, *(Fraction(1, i) for i in range(1, N))]),
    "CMul": (lambda ps: ps.cmul(-ONE, twos(ps)), [-2] * N),
    "Sub Ones Twos": (lambda ps: ps.sub(ones(ps), twos(ps)), [-1] * N),
    "Mul": (lambda ps: ps.mul(ones(ps), ones(ps)), list(range(1, N + 1))),
    "Exp": (lambda ps: ps.exp(ones(ps)), EXP_ONES),
    "MonSubst": (lambda ps: ps.monsubst(ones(ps), -ONE, 2), [1, 0, -1, 0] * 2 + [1, 0]),
    "ATan": (lambda ps: ps.integ(ZERO, ps.monsubst(ones(ps), -ONE, 2)), ATAN),
}
# Operations the original defines without a check.
FURTHER: dict[str, tuple[Callable[[Powser], Demand], list[Any]]] = {
    "Poly": (lambda ps: ps.poly(1, 2), [1, 2, END, END]),
    "Add of unequal length": (lambda ps: ps.add(ps.poly(1, 1, 1), ps.poly(1)), [2, 1, 1, END]),
    "Mul of finite": (lambda ps: ps.mul(ps.poly(1, 1), ps.poly(1, -1)), [1, 0, -1, END]),
    "Diff of finite": (lambda ps: ps.diff(ps.poly(5, 3, 2)), [3, 4, END]),
    "Integ of finite": (lambda ps: ps.integ(ONE, ps.poly(1, 2)), [1, 1, 1, END]),
    "Shift": (lambda ps: ps.shift(Fraction(7), ps.poly(1)), [7, 1, END]),
    "Monmul": (lambda ps: ps.monmul(ps.poly(1, 2), 2), [0, 0, 1, 2, END]),
    "Recip": (lambda ps: ps.recip(ps.poly(1, -2)), [2**power for power in range(5)]),
    "Subst": (lambda ps: ps.subst(ones(ps), ps.poly(0, 1, 1)), [1, 1, 2, 3, 5]),  # 1/(1-x-xx)
    "Exp of x": (
        lambda ps: ps.exp(ps.poly(0, 1)),
        [Fraction(1, factorial(power)) for power in range(6)],
    ),
}


def check(name: str, series: tuple[Callable[[Powser], Demand], list[Any]]) -> None:
    make, expected = series
    with Program() as program:
        ps = Powser(program)
        assert ps.take(make(ps), len(expected)) == expected, name


@pytest.mark.parametrize("name", ORIGINAL)
def test_powser1(name: str) -> None:
    check(name, ORIGINAL[name])


@pytest.mark.parametrize("name", FURTHER)
def test_operations_without_a_check_in_powser1(name: str) -> None:
    check(name, FURTHER[name])


def test_split_read_at_different_speeds() -> None:
    with Program() as program:
        ps = Powser(program)
        fast, slow = ps.split(ps.diff(ones(ps)))
        assert ps.take(fast, 8) == list(range(1, 9))
        assert ps.take(slow, 4) == [1, 2, 3, 4]
        assert ps.take(slow, 6) == list(range(5, 11))
        assert ps.take(fast, 2) == [9, 10]
