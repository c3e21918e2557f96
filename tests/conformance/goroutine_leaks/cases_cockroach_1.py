"""GoKer's cases of the CockroachDB project, first half: locks taken twice or in two orders, and the
stopper."""

from __future__ import annotations

from heartbeat import Channel, recv, select, send

from .gosync import Mutex, RWMutex, WaitGroup, poll, receive
from .program import GROUP, LOCK, RECEIVE, RLOCK, SELECT, SEND, WLOCK, Program, case, either


@case("Cockroach/584", {"gossip": LOCK})
def cockroach584(p: Program) -> None:
    """Two loops under one mutex; the first is left without giving it back."""
    mutex = Mutex()

    def loop_until_closed() -> None:
        mutex.lock()
        if p.fixed:
            mutex.unlock()

    def gossip() -> None:
        loop_until_closed()
        loop_until_closed()

    p.go("gossip", gossip)


class Stopper1055:
    def __init__(self, p: Program) -> None:
        self.p = p
        self.mutex = Mutex()
        self.draining = False
        self.stopper: Channel[None] = Channel()
        self.workers, self.tasks = WaitGroup(1), WaitGroup()

    def start_task(self) -> bool:
        if not self.p.fixed and self.draining:
            return False
        self.p.delay()
        with self.mutex:
            if self.p.fixed and self.draining:
                return False
            self.tasks.add()
            return True

    def drain(self, stop: bool) -> None:
        self.mutex.lock()
        self.draining = True
        if self.p.fixed:  # nobody waits with the mutex in hand
            self.mutex.unlock()
        self.tasks.wait()
        if stop:
            self.stopper.close()
            self.workers.wait()
        self.draining = stop
        if not self.p.fixed:
            self.mutex.unlock()


@case("Cockroach/1055", {"test": RECEIVE, "closer": GROUP, "worker": either(RECEIVE, LOCK)}, always=False)
def cockroach1055(p: Program) -> None:
    """Stopping waits for tasks that nobody finishes, and keeps the mutex that starting one takes."""
    stoppers = [Stopper1055(p), Stopper1055(p)]
    done: Channel[None] = Channel()

    def worker(stopper: Stopper1055) -> None:
        if stopper.start_task() and p.fixed:
            stopper.tasks.done()
        receive(stopper.stopper)
        stopper.workers.done()

    def closer() -> None:
        for stop in (False, True):
            for stopper in stoppers:
                stopper.drain(stop)
        done.close()

    p.go("test", receive, done)
    for stopper in stoppers:
        p.go("worker", worker, stopper)
    p.go("closer", closer)


@case("Cockroach/1462", {"transport": SEND, "test": GROUP}, always=False)
def cockroach1462(p: Program) -> None:
    """A sender looks whether it is to stop, then sends; its receiver stops in between."""
    events: Channel[int] = Channel()
    stopper: Channel[None] = Channel()
    workers = WaitGroup(2)

    def transport() -> None:
        while not poll(stopper):
            if p.fixed:
                select(send(events, 0), stopper)
            else:
                events.send(0)
        workers.done()

    def processor() -> None:
        while select(events, stopper).index == 0:
            p.delay()
        workers.done()

    def test() -> None:
        p.delay()
        stopper.close()
        workers.wait()

    for fn in (transport, processor, test):
        p.go(fn.__name__, fn)


@case("Cockroach/2448", {"store": SELECT, "state": SELECT}, always=False)
def cockroach2448(p: Program) -> None:
    """One loop hands over events, the other callbacks: each waits for the other to take its own."""
    events: Channel[str] = Channel()
    callbacks: Channel[str] = Channel()
    stop: Channel[None] = Channel()

    def hand_over(event: str) -> None:
        while True:
            others = (recv(callbacks),) if p.fixed else ()
            if select(send(events, event), stop, *others).index < 2:
                return

    def state() -> None:
        for event in ("first", "second", "third"):
            hand_over(event)
            p.delay()
            poll(callbacks)
        stop.close()

    def store() -> None:
        while select(events, stop).index == 0:
            p.delay()
            select(send(callbacks, "applied"), stop)

    p.go("state", state)
    p.go("store", store)


@case("Cockroach/3710", {"scan": RLOCK, "raft": WLOCK}, always=False)
def cockroach3710(p: Program) -> None:
    """A reader reads again further down while a writer has come in between."""
    mutex = RWMutex()

    def raft_status() -> None:
        if not p.fixed:  # whoever calls this reads already
            with mutex.reading():
                pass

    def scan() -> None:
        with mutex.reading():
            p.delay()
            raft_status()

    def raft() -> None:
        with mutex:
            pass

    p.go("scan", scan)
    p.go("raft", raft)


@case("Cockroach/6181", {"test": GROUP, "lookup": either(RLOCK, WLOCK)}, always=False)
def cockroach6181(p: Program) -> None:
    """Lookups in a cache print it, which reads again, and then write."""
    mutex, lookups = RWMutex(), WaitGroup(3)

    def print_cache() -> None:
        if not p.fixed:
            with mutex.reading():
                pass

    def lookup() -> None:
        with mutex.reading():
            p.delay()
            print_cache()
        with mutex:
            pass
        lookups.done()

    for _ in range(3):
        p.go("lookup", lookup)
    p.go("test", lookups.wait)


@case("Cockroach/7504", {"acquire": LOCK, "release": LOCK}, always=False)
def cockroach7504(p: Program) -> None:
    """The table of names is locked before the lease here, and after it there."""
    names, lease = Mutex(), Mutex()

    def acquire() -> None:
        with names:
            p.delay()
            with lease:
                pass

    def release() -> None:
        lease.lock()
        p.delay()
        if p.fixed:
            lease.unlock()
        with names:
            p.delay()
        if not p.fixed:
            lease.unlock()

    p.go("acquire", acquire)
    p.go("release", release)


@case("Cockroach/9935", {"logger": LOCK}, always=False)
def cockroach9935(p: Program) -> None:
    """If no file can be made, logging gives up by a way that takes the mutex again."""
    mutex = Mutex()

    def give_up() -> None:
        with mutex:
            pass

    def logger() -> None:
        mutex.lock()
        failed = p.chance(4) > 0
        if failed and not p.fixed:
            give_up()
        mutex.unlock()
        if failed and p.fixed:
            give_up()

    p.go("logger", logger)


@case("Cockroach/10214", {"heartbeats": LOCK, "tick": LOCK}, always=False)
def cockroach10214(p: Program) -> None:
    """Queued heartbeats lock the queue, then a replica; its tick locks the replica, then the queue."""
    queue, replica = Mutex(), Mutex()

    def heartbeats() -> None:
        queue.lock()
        p.delay()
        if p.fixed:
            queue.unlock()
        for _ in range(2):
            with replica:
                p.delay()
        if not p.fixed:
            queue.unlock()

    def tick() -> None:
        with replica:
            p.delay()
            with queue:
                pass

    p.go("heartbeats", heartbeats)
    p.go("tick", tick)


@case("Cockroach/16167", {"statement": RLOCK, "update": WLOCK}, always=False)
def cockroach16167(p: Program) -> None:
    """A condition's lock is the reading side of a mutex that the statement reads under once more."""
    mutex = RWMutex()

    def database_cache() -> None:
        with mutex.reading():
            pass

    def statement() -> None:
        with mutex.reading():
            p.delay()
            if not p.fixed:
                database_cache()
        if p.fixed:
            database_cache()

    def update() -> None:
        with mutex:
            p.delay()

    p.go("update", update)
    p.go("statement", statement)
