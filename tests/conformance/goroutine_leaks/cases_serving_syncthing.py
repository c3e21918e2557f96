"""GoKer's cases of the projects Knative Serving and Syncthing."""

from __future__ import annotations

from heartbeat import Channel, select

from .gosync import Mutex, Once, RWMutex, receive
from .program import LOCK, RECEIVE, RLOCK, SEND, Program, case, either


class Breaker2137:
    """Lets one request run and one more wait; a request runs until its mutex is given back."""

    def __init__(self, p: Program) -> None:
        self.p = p
        self.pending: Channel[None] = Channel(2)
        self.active: Channel[None] = Channel(1)

    def request(self, mutex: Mutex, accepted: Channel[bool]) -> None:
        taken = self.pending.try_send(None)
        if taken:
            self.active.send(None)
            with mutex:
                self.p.delay()
            receive(self.active)
            receive(self.pending)
        accepted.send(taken)


@case("Serving/2137", {"test": RECEIVE, "request": either(SEND, LOCK)}, always=False)
def serving2137(p: Program) -> None:
    """Requests are let go one by one in the order of their start, but run in another."""
    breaker = Breaker2137(p)
    mutexes = [Mutex(), Mutex()]
    accepted: list[Channel[bool]] = [Channel(1), Channel(1)]

    def test() -> None:
        for mutex in mutexes:
            mutex.lock()
        for mutex, answer in zip(mutexes, accepted, strict=True):
            p.go("request", breaker.request, mutex, answer)
        if p.fixed:
            for mutex in mutexes:
                mutex.unlock()
        for mutex, answer in zip(mutexes, accepted, strict=True):
            if not p.fixed:
                mutex.unlock()
            receive(answer)

    p.go("test", test)


@case("Syncthing/4829", {"remove": RLOCK})
def syncthing4829(p: Program) -> None:
    """A mapping tells that its addresses have gone, which reads, while it still writes."""
    mutex = RWMutex()

    def notify() -> None:
        with mutex.reading():
            pass

    def remove() -> None:
        with mutex:
            if not p.fixed:
                notify()
        if p.fixed:
            notify()

    p.go("remove", remove)


@case("Syncthing/5795", {"test": RECEIVE, "dispatcher": RECEIVE})
def syncthing5795(p: Program) -> None:
    """A message makes the dispatcher close its connection, which waits until the dispatcher ends."""
    inbox: Channel[str] = Channel()
    closed: Channel[None] = Channel()
    ended: Channel[None] = Channel()
    once = Once()

    def shut() -> None:
        closed.close()
        receive(ended)

    def dispatcher() -> None:
        while select(inbox, closed).index == 0:
            if p.fixed:
                p.go("close", once.do, shut)
            else:
                once.do(shut)
        ended.close()

    def test() -> None:
        inbox.send("cluster configuration")
        receive(ended)

    p.go("dispatcher", dispatcher)
    p.go("test", test)
