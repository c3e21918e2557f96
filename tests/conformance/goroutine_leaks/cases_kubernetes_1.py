"""GoKer's cases of the Kubernetes project, first half: channels."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from heartbeat import Channel, Timer, select, send, sleep, tick

from .gosync import Cond, Context, Mutex, RWMutex, poll, receive
from .program import COND, LOCK, RECEIVE, SEND, WLOCK, Program, case


@case("Kubernetes/1321", {"loop": SEND, "test": LOCK}, always=False)
def kubernetes1321(p: Program) -> None:
    """What would free the sender, closing its channel, wants the mutex that the sender holds."""
    mutex = Mutex()
    result: Channel[None] = Channel()
    stopped: Channel[None] = Channel()
    watchers: list[Channel[None]] = []

    def distribute() -> None:
        with mutex:
            for watcher in list(watchers):
                p.delay()
                others = (stopped,) if p.fixed else ()
                select(send(watcher, None), *others)

    def loop() -> None:
        for _ in range(3):
            distribute()
            p.delay()

    def test() -> None:
        watchers.append(result)
        p.delay()
        stopped.close()
        with mutex:
            watchers.remove(result)

    p.go("loop", loop)
    p.go("test", test)


@case("Kubernetes/5316", {"handler": SEND})
def kubernetes5316(p: Program) -> None:
    """A request runs out of time, and nobody takes its result any more."""
    room = 1 if p.fixed else 0
    results: Channel[bool] = Channel(room)
    errors: Channel[str] = Channel(room)

    def handler() -> None:
        sleep(0.5)
        if p.chance(2):
            errors.send("error")
        else:
            results.send(True)

    def finish() -> None:
        p.go("handler", handler)
        with suppress(TimeoutError):
            select(results, errors, timeout=0.1)

    p.go("finish", finish)


@case("Kubernetes/6632", {"monitor": LOCK, "write": SEND}, always=False)
def kubernetes6632(p: Program) -> None:
    """A frame is written with the mutex in hand, to a monitor that takes the mutex to end."""
    mutex = Mutex()
    reset: Channel[bool] = Channel()
    close: Channel[bool] = Channel()
    open_ = [True]

    def drain() -> None:
        for _ in reset:
            pass

    def monitor() -> None:
        receive(close)
        if p.fixed:
            p.go("drain", drain)
        with mutex:
            reset.close()
            open_[0] = False

    def write() -> None:
        with mutex:
            if open_[0]:
                reset.send(True)

    p.go("close", close.send, True)
    p.go("monitor", monitor)
    p.go("write", write)


@case("Kubernetes/10182", {"sync": WLOCK, "set": SEND}, always=False)
def kubernetes10182(p: Program) -> None:
    """Two pods' states are sent with the mutex in hand that is taken between their receipts."""
    mutex = RWMutex()
    changes: Channel[bool] = Channel()

    def sync() -> None:
        for _ in range(2):
            p.delay()
            receive(changes)
            p.delay()
            with mutex:
                pass

    def set_status() -> None:
        mutex.lock()
        if p.fixed:
            mutex.unlock()
        changes.send(True)
        if not p.fixed:
            mutex.unlock()

    p.go("sync", sync)
    p.go("set", set_status)
    p.go("set", set_status)


class Notifier11298:
    """Wakes who waits; the fixed one remembers it if nobody waits yet."""

    def __init__(self, p: Program) -> None:
        self.p, self.mutex = p, Mutex()
        self.cond = Cond(self.mutex)
        self.woken: Channel[None] = Channel(1)

    def wait(self) -> None:
        if not self.p.fixed:
            self.cond.wait()
            return
        self.mutex.unlock()
        receive(self.woken)
        self.mutex.lock()

    def signal(self) -> None:
        if self.p.fixed:
            self.woken.try_send(None)
        else:
            self.cond.signal()

    def signal_until(self, stop: Channel[None]) -> None:
        while not poll(stop):
            with self.mutex:
                self.signal()
            sleep(0.001)

    def serve_until(self, stop: Channel[None]) -> None:
        """A thread of its own waits each time, under the mutex that is locked here."""
        with self.mutex:
            while not poll(stop):
                woken = after(self.p, "wait", self.wait)
                if select(stop, woken).index == 0:
                    self.signal()
                    receive(woken)


def after(p: Program, name: str, fn: Callable[[], None]) -> Channel[None]:
    """A channel that is closed when fn() has returned."""
    done: Channel[None] = Channel()

    def run() -> None:
        fn()
        done.close()

    p.go(name, run)
    return done


@case("Kubernetes/11298", {"test": RECEIVE, "notify": RECEIVE, "wait": COND}, always=False)
def kubernetes11298(p: Program) -> None:
    """The last signal comes when nobody waits for it yet."""
    notifier = Notifier11298(p)
    done: Channel[None] = Channel()

    def notify() -> None:
        finished = after(p, "signal", lambda: notifier.signal_until(done))
        notifier.serve_until(finished)

    def test() -> None:
        notified = after(p, "notify", notify)
        sleep(0.005)
        done.close()
        receive(notified)

    p.go("test", test)


@case("Kubernetes/25331", {"run": SEND})
def kubernetes25331(p: Program) -> None:
    """A watch that fails sends its error after it has cancelled who would take it."""
    context = Context()
    results: Channel[str] = Channel()
    errors: Channel[str] = Channel()

    def run() -> None:
        if (got := select(errors, context.done)).index == 1:
            return
        if p.fixed:
            select(send(results, str(got.value)), context.done)
        else:
            context.cancel()
            results.send(str(got.value))

    def stop() -> None:
        errors.send("error")
        context.cancel()

    p.go("run", run)
    p.go("stop", stop)


@case("Kubernetes/26980", {"test": RECEIVE, "locker": WLOCK, "pop": RECEIVE}, always=False)
def kubernetes26980(p: Program) -> None:
    """Popping waits for the order to stop with the mutex in hand that the test wants first."""
    mutex = RWMutex()
    stop: Channel[None] = Channel()
    result: Channel[None] = Channel()

    def pop() -> None:
        mutex.lock()
        p.delay()
        if p.fixed:
            mutex.unlock()
        receive(stop)
        if not p.fixed:
            mutex.unlock()

    def locker() -> None:
        mutex.lock()
        result.close()

    def test() -> None:
        receive(result)
        mutex.unlock()
        stop.close()

    p.go("pop", pop)
    p.go("locker", locker)
    p.go("test", test)


@case("Kubernetes/38669", {"process": SEND})
def kubernetes38669(p: Program) -> None:
    """A cache's watcher is stopped before anybody took the events that it begins with."""
    results: Channel[int] = Channel()
    stopped: Channel[None] = Channel()

    def process() -> None:
        for event in (1, 2):
            if not p.fixed:
                results.send(event)
            elif select(send(results, event), stopped).index == 1:
                return
        receive(stopped)

    p.go("process", process)
    p.go("stop", stopped.close)


@case("Kubernetes/70277", {"test": RECEIVE})
def kubernetes70277(p: Program) -> None:
    """Waiting for a condition hands out a channel, and never closes it."""
    stop: Channel[None] = Channel()

    def poller(done: Channel[None], ticks: Channel[None]) -> None:
        ticker, limit = tick(0.001), Timer(0.08)
        while select(ticker, limit, done).index == 0:
            ticks.try_send(None)
        ticks.close()

    def wait_for() -> Channel[None]:
        done: Channel[None] = Channel() if p.fixed else stop
        ticks: Channel[None] = Channel()
        p.go("poller", poller, done, ticks)
        receive(ticks)
        sleep(0.01)
        if p.fixed:
            done.close()
        return done

    def test() -> None:
        receive(wait_for())
        stop.close()

    p.go("test", test)
