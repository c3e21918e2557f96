"""The common patterns of leaks, which Go's suite has from "Unveiling and Vanquishing Goroutine Leaks in
Enterprise Microservices: A Dynamic Analysis Approach" (CGO 2024), and the stress cases."""

from __future__ import annotations

from threading import get_ident

from heartbeat import Channel, select, sleep

from .gosync import Context, WaitGroup, receive
from .program import MANY_THREADS, RECEIVE, SELECT, SEND, Program, case


@case("NoCloseRange", {"sender": SEND, "worker": RECEIVE}, count=4)
def no_close_range(p: Program) -> None:
    """Workers take items until their channel is closed, which nobody does; or there are none."""

    def work(items: Channel[int]) -> None:
        for _ in items:
            pass

    def send_all(workers: int) -> None:
        items: Channel[int] = Channel()
        for _ in range(workers):
            p.go("worker", work, items)
        for item in range(3):
            items.send(item)
        if p.fixed:
            items.close()

    p.go("sender", send_all, 1 if p.fixed else 0)
    p.go("sender", send_all, 3)


@case("MethodContractViolation", {"worker": SELECT})
def method_contract_violation(p: Program) -> None:
    """A worker has to be stopped once it is started, and is not."""
    items: Channel[int] = Channel()
    done: Channel[None] = Channel()

    def worker() -> None:
        while select(items, done).index == 0:
            pass

    def life_of_worker() -> None:
        p.go("worker", worker)
        for item in range(10):
            items.send(item)
        if p.fixed:
            done.close()

    p.go("life of worker", life_of_worker)


@case("DoubleSend", {"failing": SEND}, count=1)
def double_send(p: Program) -> None:
    """After a failure one value is sent, and then the other as well: a return is missing."""

    def tell(channel: Channel[str | None], error: str | None) -> None:
        if error:
            channel.send(None)
            if p.fixed:
                return
        channel.send("result")

    def test() -> None:
        for name, room, error in (
            ("succeeding", 0, None), ("failing", 0, "error"), ("failing with room", 1, "error")
        ):
            channel: Channel[str | None] = Channel(room)
            p.go(name, tell, channel, error)
            receive(channel)

    p.go("test", test)


@case("EarlyReturn", {"sender": SEND})
def early_return(p: Program) -> None:
    """The receiver returns early for an error of its own."""
    channel: Channel[str] = Channel(1 if p.fixed else 0)
    p.go("early return", p.go, "sender", channel.send, "result")


@case("NCastLeak", {"cast": RECEIVE, "item": SEND}, count=5)
def n_cast_leak(p: Program) -> None:
    """The first result is taken: of five there are four too many, of none one too few."""

    def cast(items: int) -> None:
        channel: Channel[int] = Channel(items if p.fixed else 0)
        for item in range(items):
            p.go("item", channel.send, item)
        if items or not p.fixed:
            receive(channel)

    p.go("cast", cast, 0)
    p.go("cast", cast, 5)


@case("Timeout", {"sender": SEND})
def timeout(p: Program) -> None:
    """The receiver is cancelled, the sender is not. A hundred of them: some receive all the same."""
    context = Context()
    context.cancel()

    def receiver() -> None:
        channel: Channel[str] = Channel(1 if p.fixed else 0)
        p.go("sender", channel.send, "result")
        p.delay()
        select(channel, context.done)

    for _ in range(100):
        p.go("receiver", receiver)


TREE = 4  # its height: it has 1 + 4 + 12 + 24 inner nodes


@case("SpawnGC", {"leaf": RECEIVE}, count=41)
def spawn_gc(p: Program) -> None:
    """A tree of threads, each of which starts one that leaks, and asks who takes part."""

    def node(height: int) -> None:
        if height == 0:
            return
        started = WaitGroup(height + 1)
        nothing: Channel[None] = Channel()
        p.go("leaf", leaf, started, nothing)
        for _ in range(height):
            p.go("node", child, started, height - 1)
        started.wait()
        assert p.bubble and get_ident() in {one.ident for one in p.bubble.participants()}
        if p.fixed:
            nothing.close()

    def leaf(started: WaitGroup, nothing: Channel[None]) -> None:
        started.done()
        receive(nothing)

    def child(started: WaitGroup, height: int) -> None:
        started.done()
        node(height)

    p.go("node", node, TREE)


@case("DaisyChain")
def daisy_chain(p: Program) -> None:
    """Each thread of a chain waits for the next; the last of them sleeps for an hour, no more."""

    def link(i: int, channel: Channel[None]) -> None:
        if i == 0:
            sleep(3600.0)
        else:
            following: Channel[None] = Channel()
            p.go("link", link, i - 1, following)
            receive(following)
        channel.send(None)

    p.go("link", link, MANY_THREADS, Channel[None](1))
