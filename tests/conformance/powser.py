"""Power series as programs of threads, for the ports of Go's powser1.go and powser2.go.

After Doug McIlroy, "Squinting at Power Series": a series is a thread that gives its next
coefficient when asked. Names follow the originals: U and V go in, Z comes out; the comments give
the algebra of each operation.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import count
from typing import Any, NoReturn

from go_helpers import WAIT, Program
from heartbeat import Channel, Closed, Selected, select, send

END = object()  # follows the last coefficient of a finite series
ZERO, ONE = Fraction(0), Fraction(1)
requests = count(1)


class Demand:
    """A demand channel: `req` carries requests one way, `dat` answers the other way, each wrapped
    for its journey.
    """

    def __init__(self, series: Powser) -> None:
        self.req: Channel[Any] = series.program.chan(0, "q")
        self.dat: Channel[Any] = series.program.chan()
        self.wrap, self.unwrap = series.wrap, series.unwrap

    def ask(self) -> None:
        self.req.send(next(requests))

    def wanted(self) -> None:
        self.req.recv()

    def answer(self, item: Any) -> None:
        self.dat.send(self.wrap(item))

    def get(self) -> Any:
        self.ask()
        return self.unwrap(self.dat.recv())

    def put(self, item: Any) -> None:
        self.wanted()
        self.answer(item)


Pair = list[Demand]
Wrap = Callable[[Any], Any]


def as_it_is(item: Any) -> Any:
    return item


def chosen(*cases: Any) -> Selected:
    """A select that fails as a plain operation does once the program is taken down."""
    got = select(*cases)
    if not got.ok:
        raise Closed
    return got


def get2(U: Demand, V: Demand) -> list[Any]:
    """One item from each, both asked for at the same time and taken as they come."""
    ends, items = (U, V), [END, END]
    asks: list[Any] = [send(end.req, next(requests)) for end in ends]
    answers: list[Any] = [None, None]
    for _ in range(4):
        got = chosen(*asks, *answers)
        side = got.index % 2
        if got.index < 2:
            asks[side], answers[side] = None, ends[side].dat
        else:
            items[side], answers[side] = ends[side].unwrap(got.value), None
    return items


def copy(U: Demand, Z: Demand) -> None:
    while True:
        Z.wanted()
        Z.answer(U.get())


def finish(Z: Demand) -> NoReturn:
    """What every finite series ends in; the originals send one end mark and then answer no more."""
    while True:
        Z.put(END)


class Powser:
    """The operations on series, within one program; `wrap` and `unwrap` say how an item travels."""

    def __init__(self, program: Program, wrap: Wrap = as_it_is, unwrap: Wrap = as_it_is) -> None:
        self.program, self.wrap, self.unwrap = program, wrap, unwrap

    def take(self, U: Demand, n: int) -> list[Any]:
        """The next n coefficients, within the time a test gives to what must happen."""
        return self.program.go(lambda: [U.get() for _ in range(n)]).result(WAIT)

    def start(self, body: Callable[..., None], *args: Any) -> Demand:
        Z = Demand(self)
        self.program.go(body, Z, *args)
        return Z

    def split(self, U: Demand) -> Pair:
        """Two series equal to U, which may be read at different speeds."""
        pair = [Demand(self), Demand(self)]
        self.split_into(U, pair)
        return pair

    def split_into(self, U: Demand, out: Pair) -> None:
        release = self.program.chan()
        self.program.go(self._split, U, out, release)
        self.program.go(release.send, 0)

    def _split(self, U: Demand, out: Pair, wait: Channel[Any]) -> None:
        """Serves one coefficient to both readers. The next is served by a new thread, started on
        demand.

        Only the newest thread serves out[0]; the older ones hold what out[1] has still to read, and
        each lets the next one serve out[1] when it is through.
        """
        first_turn = chosen(out[0].req, wait)
        both = first_turn.source is wait
        if both and chosen(out[0].req, out[1].req).index == 1:
            out.reverse()
        U.ask()
        release = self.program.chan()
        self.program.go(self._split, U, out, release)
        item = U.unwrap(U.dat.recv())
        out[0].answer(item)
        if not both:
            wait.recv()
        out[1].put(item)
        release.send(0)

    def rep(self, c: Fraction) -> Demand:
        """c + cx + cxx + ... for ever."""

        def body(Z: Demand) -> None:
            while True:
                Z.put(c)

        return self.start(body)

    def poly(self, *coefficients: Fraction | int) -> Demand:
        """A finite series."""

        def body(Z: Demand) -> None:
            for c in coefficients:
                Z.put(Fraction(c))
            finish(Z)

        return self.start(body)

    def add(self, U: Demand, V: Demand) -> Demand:
        def body(Z: Demand) -> None:
            while True:
                Z.wanted()
                u, v = get2(U, V)
                if u is not END and v is not END:
                    Z.answer(u + v)
                    continue
                Z.answer(v if u is END else u)
                copy(V if u is END else U, Z)

        return self.start(body)

    def cmul(self, c: Fraction, U: Demand) -> Demand:
        def body(Z: Demand) -> None:
            while True:
                Z.wanted()
                u = U.get()
                Z.answer(END if u is END else c * u)

        return self.start(body)

    def sub(self, U: Demand, V: Demand) -> Demand:
        return self.add(U, self.cmul(-ONE, V))

    def shift(self, c: Fraction, U: Demand) -> Demand:
        """c + x U."""

        def body(Z: Demand) -> None:
            Z.put(c)
            copy(U, Z)

        return self.start(body)

    def monmul(self, U: Demand, n: int) -> Demand:
        """U times x to the n."""
        for _ in range(n):
            U = self.shift(ZERO, U)
        return U

    def mul(self, U: Demand, V: Demand) -> Demand:
        """With U = u + x UU and V = v + x VV: uv + x (u VV + v UU) + xx UU VV."""

        def body(Z: Demand) -> None:
            Z.wanted()
            u, v = get2(U, V)
            if u is END or v is END:
                Z.answer(END)
                finish(Z)
            Z.answer(u * v)
            UU, VV = self.split(U), self.split(V)
            W = self.add(self.cmul(u, VV[0]), self.cmul(v, UU[0]))
            Z.wanted()
            Z.answer(W.get())
            copy(self.add(W, self.mul(UU[1], VV[1])), Z)

        return self.start(body)

    def diff(self, U: Demand) -> Demand:
        def body(Z: Demand) -> None:
            Z.wanted()
            u, power = U.get(), 0
            while u is not END and (u := U.get()) is not END:
                power += 1
                Z.answer(power * u)
                Z.wanted()
            Z.answer(END)
            finish(Z)

        return self.start(body)

    def integ(self, c: Fraction, U: Demand) -> Demand:
        """The integral that is c at 0."""

        def body(Z: Demand) -> None:
            Z.put(c)
            for power in count(1):
                Z.wanted()
                u = U.get()
                if u is END:
                    Z.answer(END)
                    finish(Z)
                Z.answer(u / power)

        return self.start(body)

    def monsubst(self, U: Demand, c0: Fraction, n: int) -> Demand:
        """U of c0 x to the n: every coefficient times a power of c0, and n - 1 zeros behind it."""

        def body(Z: Demand) -> None:
            c = ONE
            while True:
                Z.wanted()
                u = U.get()
                Z.answer(END if u is END else u * c)
                c *= c0
                for _ in range(n - 1):
                    Z.put(ZERO if u is not END else END)

        return self.start(body)

    def exp(self, U: Demand) -> Demand:
        """Z = exp(U) solves Z' = Z U', so it is fed back into its own integral.

        U(0) counts as 0.
        """
        ZZ = [Demand(self), Demand(self)]
        self.split_into(self.integ(ONE, self.mul(ZZ[0], self.diff(U))), ZZ)
        return ZZ[1]

    def recip(self, U: Demand) -> Demand:
        """With U = u + x UU, the inverse Z = z + x ZZ has z = 1/u and ZZ = -z UU Z."""

        def body(Z: Demand) -> None:
            Z.wanted()
            z = 1 / U.get()
            Z.answer(z)
            ZZ = [Demand(self), Demand(self)]
            self.split_into(self.mul(self.cmul(-z, U), self.shift(z, ZZ[0])), ZZ)
            copy(ZZ[1], Z)

        return self.start(body)

    def subst(self, U: Demand, V: Demand) -> Demand:
        """U of V where V(0) counts as 0: with U = u + x UU and V = x VV, it is u + x VV (UU of
        V).
        """

        def body(Z: Demand) -> None:
            VV = self.split(V)
            Z.wanted()
            u = U.get()
            Z.answer(u)
            if u is END:
                finish(Z)
            VV[0].get()
            copy(self.mul(VV[0], self.subst(U, VV[1])), Z)

        return self.start(body)
