"""GoKer's cases of the etcd project."""

from __future__ import annotations

from heartbeat import Channel, Ticker, select, send, sleep

from .gosync import Mutex, RWMutex, WaitGroup, receive
from .program import GROUP, LOCK, RECEIVE, RLOCK, SEND, WLOCK, Program, case, either


@case("Etcd/5509", {"close": WLOCK})
def etcd5509(p: Program) -> None:
    """Acquiring a closed client fails, and goes on reading for ever."""
    mutex = RWMutex()
    done: Channel[None] = Channel()

    def acquire() -> None:
        mutex.rlock()
        if p.fixed:
            mutex.runlock()
        done.close()

    def close() -> None:
        receive(done)
        with mutex:
            pass

    p.go("acquire", acquire)
    p.go("close", close)


@case("Etcd/6708", {"sync": RLOCK})
def etcd6708(p: Program) -> None:
    """Syncing endpoints writes, and asks for the leader by a call that reads."""
    mutex = RWMutex()

    def ask_leader() -> None:
        if not p.fixed:
            with mutex.reading():
                pass

    def sync() -> None:
        with mutex:
            ask_leader()

    p.go("sync", sync)


@case("Etcd/6857", {"status": SEND}, always=False)
def etcd6857(p: Program) -> None:
    """A node's loop takes the order to stop; who asks for its status asks nobody."""
    status: Channel[Channel[str]] = Channel()
    stop: Channel[None] = Channel()
    done: Channel[None] = Channel()

    def run() -> None:
        while (asked := select(status, stop)).index == 0:
            asked.value.send("leader")  # type: ignore[union-attr]
        done.close()

    def ask() -> None:
        answer: Channel[str] = Channel()
        if not p.fixed:
            status.send(answer)
        elif select(send(status, answer), done).index == 1:
            return
        receive(answer)

    def order_stop() -> None:
        select(send(stop, None), done)
        receive(done)

    p.go("run", run)
    p.go("status", ask)
    p.go("stop", order_stop)


@case("Etcd/6873", {"coalesce": LOCK, "stop": RECEIVE}, always=False)
def etcd6873(p: Program) -> None:
    """Stopping waits with the mutex in hand for a thread that has one more update to lock for."""
    mutex = Mutex()
    updates: Channel[str] = Channel(1)
    done: Channel[None] = Channel()

    def coalesce() -> None:
        for _ in updates:
            p.delay()
            with mutex:
                pass
        done.close()

    def stop() -> None:
        with mutex:
            updates.close()
            if not p.fixed:
                receive(done)
        receive(done)

    updates.send("watch")
    p.go("coalesce", coalesce)
    p.go("stop", stop)


@case("Etcd/7492", {"test": GROUP, "keeper": LOCK, "authenticate": either(SEND, LOCK)}, always=False)
def etcd7492(p: Program) -> None:
    """Tokens are added with the mutex in hand that the thread which takes them locks to delete."""
    mutex, logins = Mutex(), WaitGroup(3)
    added: Channel[None] = Channel(1)
    stop: Channel[None] = Channel()

    def keeper() -> None:
        tokens = 0
        with_ticks = Ticker(1e-3)
        while (got := select(added, with_ticks, stop)).index < 2:
            p.delay()
            tokens += got.index == 0
            if got.index == 1 and tokens:
                with mutex:
                    tokens = 0

    def authenticate() -> None:
        mutex.lock()
        p.delay()
        if p.fixed:
            mutex.unlock()
        added.send(None)
        if not p.fixed:
            mutex.unlock()
        logins.done()

    def test() -> None:
        logins.wait()
        stop.close()

    p.go("keeper", keeper)
    p.go("test", test)
    for _ in range(3):
        p.go("authenticate", authenticate)


@case("Etcd/7902", {"election": GROUP, "client": either(RECEIVE, LOCK)}, always=False)
def etcd7902(p: Program) -> None:
    """Followers wait for the leader's release, with the mutex in hand that the leader needs for it."""
    mutex, clients = Mutex(), WaitGroup(3)
    following: list[Channel[None]] = [Channel()]

    def release(leads: bool, mine: Channel[None]) -> None:
        if leads:
            following[0].close()
            following[0] = Channel()
        receive(mine)

    def client(leads: bool) -> None:
        for _ in range(3):
            with mutex:
                mine = following[0]
            sleep(0.01)
            if p.fixed:
                release(leads, mine)
            else:
                with mutex:
                    release(leads, mine)
        clients.done()

    for leads in (True, False, False):
        p.go("client", client, leads)
    p.go("election", clients.wait)


@case("Etcd/10492", {"renew": WLOCK})
def etcd10492(p: Program) -> None:
    """Renewing a lease calls its checkpointer under the mutex that a checkpoint takes."""
    mutex = RWMutex()

    def checkpoint() -> None:
        with mutex:
            pass

    def renew() -> None:
        mutex.lock()
        if p.fixed:
            mutex.unlock()
        checkpoint()
        if not p.fixed:
            mutex.unlock()

    p.go("renew", renew)
