"""The micro cases: one for each way in which a goroutine can wait for ever. The originals have no fixed
version; here somebody gives what is waited for."""

from __future__ import annotations

from heartbeat import Channel, nil, select, send

from .gosync import Cond, Mutex, RWMutex, WaitGroup, receive
from .program import (
    COND,
    GROUP,
    LOCK,
    MANY_THREADS,
    NOTHING,
    RECEIVE,
    RLOCK,
    SELECT,
    SEND,
    WLOCK,
    Program,
    case,
)


@case("NilRecv", {"receiver": NOTHING})
def nil_recv(p: Program) -> None:
    """Receiving from the nil channel."""
    channel: Channel[int] = Channel() if p.fixed else nil
    p.go("receiver", channel.recv)
    if p.fixed:
        p.go("sender", channel.send, 0)


@case("NilSend", {"sender": NOTHING})
def nil_send(p: Program) -> None:
    """Sending on the nil channel."""
    channel: Channel[int] = Channel() if p.fixed else nil
    p.go("sender", channel.send, 0)
    if p.fixed:
        p.go("receiver", channel.recv)


@case("SelectNoCases", {"select": NOTHING})
def select_no_cases(p: Program) -> None:
    """A select of nothing."""
    closed: Channel[int] = Channel()
    closed.close()
    p.go("select", select, *([closed] if p.fixed else []))


@case("ChanRecv", {"receiver": RECEIVE})
def chan_recv(p: Program) -> None:
    """Receiving from a channel that nobody else has."""
    channel: Channel[int] = Channel()
    p.go("receiver", receive, channel)
    if p.fixed:
        p.go("closer", channel.close)


@case("ChanSend", {"sender": SEND})
def chan_send(p: Program) -> None:
    """Sending on a channel that nobody else has."""
    channel: Channel[int] = Channel()
    p.go("sender", channel.send, 0)
    if p.fixed:
        p.go("receiver", receive, channel)


@case("Select", {"select": SELECT})
def select_of_two(p: Program) -> None:
    """A select of two channels that nobody else has."""
    outgoing: Channel[int] = Channel()
    incoming: Channel[int] = Channel()
    p.go("select", select, send(outgoing, 0), incoming)
    if p.fixed:
        p.go("closer", incoming.close)


@case("WaitGroup", {"waiter": GROUP})
def wait_group(p: Program) -> None:
    """What a wait group counts never happens."""
    group = WaitGroup(1)
    p.go("waiter", group.wait)
    if p.fixed:
        p.go("worker", group.done)


def lock_twice(p: Program, mutex: Mutex | RWMutex) -> None:
    mutex.lock()
    if p.fixed:
        mutex.unlock()
    mutex.lock()


@case("MutexStack", {"locker": LOCK}, count=MANY_THREADS)
def mutex_stack(p: Program) -> None:
    """Many threads, each with a mutex that it locks twice."""
    for _ in range(MANY_THREADS):
        p.go("locker", lock_twice, p, Mutex())


@case("MutexHeap", {"locker": LOCK}, count=MANY_THREADS)
def mutex_heap(p: Program) -> None:
    """The same, started by threads that have ended by then."""
    for _ in range(MANY_THREADS):
        p.go("starter", p.go, "locker", lock_twice, p, Mutex())


@case("RWMutexRLock", {"reader": RLOCK})
def rwmutex_rlock(p: Program) -> None:
    """Reading under a lock that the thread itself writes under."""
    mutex = RWMutex()

    def reader() -> None:
        mutex.lock()
        if p.fixed:
            mutex.unlock()
        mutex.rlock()

    p.go("reader", reader)


@case("RWMutexLock", {"writer": WLOCK})
def rwmutex_lock(p: Program) -> None:
    """Writing under a lock that the thread itself writes under."""
    p.go("writer", lock_twice, p, RWMutex())


@case("Cond", {"waiter": COND})
def cond(p: Program) -> None:
    """A condition that nobody signals."""
    mutex = Mutex()
    condition = Cond(mutex)
    waits: Channel[None] = Channel()

    def waiter() -> None:
        with mutex:
            waits.close()
            condition.wait()

    def signaller() -> None:
        receive(waits)
        with mutex:
            condition.signal()

    p.go("waiter", waiter)
    if p.fixed:
        p.go("signaller", signaller)


@case("Mixed", {"waiter": GROUP, "sender": SEND})
def mixed(p: Program) -> None:
    """One waits for the other to be done; the other waits for the one to receive first."""
    channel: Channel[int] = Channel()
    group = WaitGroup(1)

    def sender() -> None:
        channel.send(0)
        group.done()

    def waiter() -> None:
        p.go("sender", sender)
        if p.fixed:
            receive(channel)
        group.wait()
        if not p.fixed:
            receive(channel)

    p.go("waiter", waiter)
