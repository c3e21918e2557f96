"""GoKer's cases of the Kubernetes project, second half: locks."""

from __future__ import annotations

from heartbeat import Channel

from .gosync import Cond, Mutex, Once, RWMutex, WaitGroup, poll, receive
from .program import COND, LOCK, RLOCK, WLOCK, Program, case


class Cacher13135:
    """A cacher with its mutex, over a watch cache with its own; each calls the other."""

    def __init__(self, p: Program) -> None:
        self.p = p
        self.mutex, self.watch = Mutex(), RWMutex()
        self.once, self.initialized = Once(), WaitGroup(1)

    def start(self) -> None:
        self.mutex.lock()
        self.p.delay()
        with self.watch:
            self.once.do(self.initialized.done)
            self.mutex.unlock()

    def start_until(self, stop: Channel[None]) -> None:
        while not poll(stop):
            self.start()
            self.p.delay()

    def add(self) -> None:
        self.watch.lock()
        self.p.delay()
        if self.p.fixed:
            self.watch.unlock()
        with self.mutex:
            pass
        if not self.p.fixed:
            self.watch.unlock()


@case("Kubernetes/13135", {"caching": WLOCK, "add": LOCK}, always=False)
def kubernetes13135(p: Program) -> None:
    """Starting locks the cacher, then the watch cache; an event locks the cache, then the cacher."""
    cacher = Cacher13135(p)
    stop: Channel[None] = Channel()

    def test() -> None:
        cacher.initialized.wait()
        p.go("add", cacher.add)
        p.go("close", stop.close)

    p.go("caching", cacher.start_until, stop)
    p.go("test", test)


@case(
    "Kubernetes/30872",
    {"controller": LOCK, "deliverer": WLOCK, "stopper": LOCK},
    {"controller": LOCK, "deliverer": WLOCK},
    always=False,
)
def kubernetes30872(p: Program) -> None:
    """An informer asks its queue under its own mutex; the queue's handler calls the informer under the
    queue's."""
    informer, queue = Mutex(), RWMutex()
    stop: Channel[None] = Channel()
    stop_queue: Channel[None] = Channel()

    def controller() -> None:
        while not poll(stop_queue):
            with queue:
                p.delay()
                with informer:
                    pass
            p.delay()

    def deliverer() -> None:
        informer.lock()
        p.delay()
        if p.fixed:
            informer.unlock()
        with queue:
            pass
        if not p.fixed:
            informer.unlock()

    def stopper() -> None:
        receive(stop)
        with informer:
            stop_queue.close()

    p.go("controller", controller)
    p.go("stopper", stopper)
    p.go("deliverer", deliverer)
    p.go("stop", stop.close)


class Queue58107:
    def __init__(self) -> None:
        self.mutex = Mutex()
        self.filled = Cond(self.mutex)
        self.items = 0

    def get(self) -> None:
        with self.mutex:
            while not self.items:
                self.filled.wait()
            self.items -= 1

    def put(self) -> None:
        with self.mutex:
            self.items += 1
        self.filled.signal()


@case("Kubernetes/58107", {"idle": COND, "busy": RLOCK, "sync": WLOCK}, always=False)
def kubernetes58107(p: Program) -> None:
    """A worker waits for work as a reader; a writer waits for it; and who would give it work is a
    reader behind that writer."""
    mutex = RWMutex()
    idle, busy = Queue58107(), Queue58107()

    def take(queue: Queue58107) -> None:
        if p.fixed:
            queue.get()
        with mutex.reading():
            if not p.fixed:
                queue.get()

    def busy_worker() -> None:
        p.delay()
        p.delay()
        take(busy)
        idle.put()

    def sync() -> None:
        for _ in range(2):
            with mutex:
                p.delay()
            p.delay()

    busy.put()
    p.go("idle", take, idle)
    p.go("busy", busy_worker)
    p.go("sync", sync)


@case("Kubernetes/62464", {"reconcile": RLOCK, "remove": WLOCK}, always=False)
def kubernetes62464(p: Program) -> None:
    """Reading a set of processors reads the default too, and a writer comes in between."""
    mutex = RWMutex()

    def default() -> None:
        with mutex.reading():
            pass

    def reconcile() -> None:
        with mutex.reading():
            p.delay()
            if not p.fixed:
                default()

    def remove() -> None:
        default()
        with mutex:
            p.delay()

    p.go("reconcile", reconcile)
    p.go("remove", remove)
