"""GoKer's cases of the Moby project."""

from __future__ import annotations

from contextlib import suppress

from heartbeat import Channel, select, send, sleep

from .gosync import Cond, Mutex, WaitGroup, poll, receive, with_timeout
from .program import COND, GROUP, LOCK, RECEIVE, SELECT, SEND, Program, case, either


@case("Moby/4951", {"delete": LOCK}, always=False, count=2)
def moby4951(p: Program) -> None:
    """Deleting gives the set's mutex back for a while, but keeps the device's."""
    devices, device = Mutex(), Mutex()
    order = (device, devices) if p.fixed else (devices, device)

    def delete() -> None:
        for mutex in order:
            mutex.lock()
        devices.unlock()
        sleep(0.002)
        devices.lock()
        device.unlock()
        devices.unlock()

    p.go("delete", delete)
    p.go("delete", delete)


@case("Moby/7559", {"proxy": LOCK})
def moby7559(p: Program) -> None:
    """If dialling fails, the loop goes on with the mutex in hand."""
    mutex = Mutex()

    def proxy() -> None:
        for _ in range(2):
            mutex.lock()
            if p.fixed:
                mutex.unlock()

    p.go("proxy", proxy)


@case("Moby/17176", {"deleter": LOCK})
def moby17176(p: Program) -> None:
    """Cleaning up returns early with the mutex in hand, for nothing is to be cleaned up."""
    mutex = Mutex()
    done: Channel[bool] = Channel(1)

    def clean_up() -> None:
        mutex.lock()
        if p.fixed:
            mutex.unlock()

    def deleter() -> None:
        with mutex:
            done.send(True)

    def test() -> None:
        clean_up()
        p.go("deleter", deleter)
        with suppress(TimeoutError):
            select(done, timeout=0.01)

    p.go("test", test)


class Transfer21233:
    def __init__(self, progress: Channel[int]) -> None:
        self.progress = progress
        self.release: Channel[None] = Channel()
        self.ended: Channel[None] = Channel()

    def watch(self) -> None:
        self.progress.send(0)
        receive(self.release)
        self.progress.send(1)
        self.ended.close()


@case("Moby/21233", {"test": RECEIVE, "watch": either(SEND, RECEIVE)}, {"test": RECEIVE}, always=False)
def moby21233(p: Program) -> None:
    """The consumer of progress misses some, fails, and leaves the producers to themselves."""
    progress: Channel[int] = Channel()
    consumed: Channel[None] = Channel()

    def consume() -> None:
        for _ in progress:
            if p.chance(4) == 0 and not p.fixed:
                return
        consumed.close()

    def test() -> None:
        transfers = [Transfer21233(progress) for _ in range(3)]
        for transfer in transfers:
            p.go("watch", transfer.watch)
        sleep(0.01)
        for transfer in transfers:
            transfer.release.close()
            receive(transfer.ended)
        progress.close()
        receive(consumed)

    p.go("consume", consume)
    p.go("test", test)


@case("Moby/25384", {"init": GROUP})
def moby25384(p: Program) -> None:
    """The loop that starts the plugins waits for all of them after the first."""
    plugins = WaitGroup(2)

    def init() -> None:
        for _ in range(2):
            p.go("plugin", plugins.done)
            if not p.fixed:
                plugins.wait()
        plugins.wait()

    p.go("init", init)


class Watcher27782:
    """Watches a file; remove() waits until the watch is gone, which an event tells."""

    def __init__(self, p: Program) -> None:
        self.p, self.mutex = p, Mutex()
        self.gone = Cond(self.mutex)
        self.events: Channel[str] = Channel()
        self.done: Channel[None] = Channel()

    def read_events(self) -> None:
        while not poll(self.done):
            self.p.delay()
            select(send(self.events, "written"), self.done)

    def remove(self) -> None:
        with self.mutex:
            if not self.p.fixed:
                self.gone.wait()


@case("Moby/27782", {"read logs": COND, "read events": SELECT}, always=False)
def moby27782(p: Program) -> None:
    """Removing a watch waits for an event behind one that nobody reads any more."""
    watcher = Watcher27782(p)
    closed: Channel[None] = Channel()

    def read_logs() -> None:
        p.go("read events", watcher.read_events)
        if select(watcher.events, closed).index == 1:
            watcher.remove()
        watcher.done.close()

    p.go("read logs", read_logs)
    p.go("reset", closed.close)


@case("Moby/28462", {"monitor": LOCK, "state changed": SEND}, always=False)
def moby28462(p: Program) -> None:
    """The monitor of a container is told to stop with the mutex in hand that its probes take."""
    mutex = Mutex()
    stop: Channel[None] = Channel()

    def monitor() -> None:
        while not poll(stop):
            p.delay()
            with mutex:
                pass

    def state_changed() -> None:
        with mutex:
            if p.fixed:
                stop.close()
            else:
                stop.send(None)

    p.go("monitor", monitor)
    p.go("state changed", state_changed)


@case("Moby/30408", {"test": RECEIVE, "wait active": COND})
def moby30408(p: Program) -> None:
    """Activating a plugin has failed, and who waits for it is not told."""
    mutex = Mutex()
    active = Cond(mutex)
    failure = "some error" if p.fixed else None
    done: Channel[None] = Channel()

    def wait_active() -> None:
        with mutex:
            while not failure:
                active.wait()
        done.close()

    p.go("test", receive, done)
    p.go("wait active", wait_active)


@case("Moby/33781", {"probe": SEND}, always=False)
def moby33781(p: Program) -> None:
    """A monitor is stopped while one of its probes is about to send its result."""
    stop: Channel[bool] = Channel()

    def probe_until_stopped() -> bool:
        results: Channel[bool] = Channel(1 if p.fixed else 0)
        limit = with_timeout(None, 0.001)
        p.go("probe", results.send, True)
        got = select(stop, results, limit.done).index
        limit.cancel()
        if got == 2:
            receive(results)
        return got != 0

    def monitor() -> None:
        running = True
        while running:
            try:
                select(stop, timeout=0.001)
                running = False
            except TimeoutError:
                running = probe_until_stopped()

    def stopper() -> None:
        sleep(p.chance(10) * 1e-3)
        stop.send(True)

    p.go("monitor", monitor)
    p.go("stopper", stopper)


@case("Moby/36114", {"hot add": LOCK})
def moby36114(p: Program) -> None:
    """Adding disks removes them first, and both lock."""
    mutex = Mutex()

    def hot_remove() -> None:
        if not p.fixed:
            with mutex:
                pass

    def hot_add() -> None:
        with mutex:
            hot_remove()

    p.go("hot add", hot_add)
