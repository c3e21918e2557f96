"""GoKer's cases of the gRPC project."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from heartbeat import Channel, Timer, select

from .gosync import Context, Mutex, receive
from .program import LOCK, RECEIVE, SEND, Program, case


@case("Grpc/660", {"request": SEND}, always=False)
def grpc660(p: Program) -> None:
    """A benchmark's loop is stopped while a request of its own is about to say that it is done."""
    stop: Channel[bool] = Channel()

    def loop() -> None:
        while True:
            done: Channel[bool] = Channel(1 if p.fixed else 0)
            p.go("request", done.send, True)
            if select(stop, done).index == 0:
                return

    p.go("loop", loop)
    p.go("stop", stop.send, True)


@case("Grpc/795", {"test": LOCK}, {"test": LOCK, "serve": LOCK})
def grpc795(p: Program) -> None:
    """Stopping a second time locks where it is to unlock."""
    mutex = Mutex()
    draining = [False]

    def serve() -> None:
        with mutex:
            pass

    def stop() -> None:
        mutex.lock()
        if draining[0] and not p.fixed:
            mutex.lock()
        draining[0] = True
        mutex.unlock()

    def test() -> None:
        for _ in range(3):
            stop()

    p.go("serve", serve)
    p.go("test", test)


@case("Grpc/862", {"reset": RECEIVE})
def grpc862(p: Program) -> None:
    """Dialling is cancelled and gives no connection; so nobody closes what it has begun."""
    connection, dialling = Context(), Context()

    def reset() -> None:
        receive(Context(connection).done)

    def dial() -> None:
        p.go("reset", reset)
        receive(dialling.done)
        if p.fixed:
            connection.cancel()

    p.go("dial", dial)
    p.go("cancel", dialling.cancel)


@case("Grpc/1275", {"read": RECEIVE})
def grpc1275(p: Program) -> None:
    """Closing a stream does not tell who reads from it."""
    received: Channel[bool] = Channel()
    done: Channel[None] = Channel()

    def read() -> None:
        receive(received)
        done.close()

    def test() -> None:
        p.go("read", read)
        if p.fixed:
            received.close()
        with suppress(TimeoutError):
            select(done, timeout=0.3)

    p.go("test", test)


@case("Grpc/1424", {"dial": RECEIVE})
def grpc1424(p: Program) -> None:
    """The watcher of a balancer ends without saying so."""
    addresses: Channel[bool] = Channel()
    done: Channel[None] = Channel()

    def watcher() -> None:
        for _ in addresses:
            pass
        if p.fixed:
            done.close()

    def dial() -> None:
        p.go("watcher", watcher)
        receive(done)

    p.go("dial", dial)
    addresses.close()


@case("Grpc/1460", {"keepalive": RECEIVE, "stream": LOCK}, always=False)
def grpc1460(p: Program) -> None:
    """Without streams, keepalive sleeps with the mutex in hand that a new stream takes."""
    mutex = Mutex()
    awaken: Channel[None] = Channel(1 if p.fixed else 0)
    streams: list[str] = []

    def keepalive() -> None:
        mutex.lock()
        idle = not streams
        if p.fixed:
            mutex.unlock()
        if idle:
            receive(awaken)
        if not p.fixed:
            mutex.unlock()

    def stream() -> None:
        with mutex:
            streams.append("stream")
            awaken.try_send(None)

    p.go("keepalive", keepalive)
    p.go("stream", stream)


class Cache3017:
    """Connections that are deleted a while after their removal, unless they are wanted again."""

    def __init__(self, p: Program) -> None:
        self.p = p
        self.mutex = Mutex()
        self.cancel: Callable[[], None] | None = None

    def add(self) -> None:
        with self.mutex:
            if self.cancel:
                self.cancel()
            self.cancel = None

    def remove(self) -> None:
        with self.mutex:
            timer, cancelled = Timer(1e-3), Channel[None]()
            aborted: list[bool] = []

            def cancel() -> None:
                cancelled.close() if timer.stop() else aborted.append(True)

            self.cancel = cancel
            self.p.go("deletion", self.delete_later, timer, cancelled, aborted)

    def delete_later(self, timer: Timer, cancelled: Channel[None], aborted: list[bool]) -> None:
        if select(timer, cancelled).index == 1:
            return
        self.p.delay()
        self.mutex.lock()
        if aborted and not self.p.fixed:
            return  # with the mutex in hand
        self.mutex.unlock()


@case(
    "Grpc/3017",
    {"test": RECEIVE, "churn": LOCK, "deletion": LOCK},
    {"test": RECEIVE, "churn": LOCK},
    {"deletion": LOCK},
    always=False,
)
def grpc3017(p: Program) -> None:
    """A deletion that comes too late to be cancelled is aborted, and keeps the mutex."""
    cache = Cache3017(p)
    done: Channel[None] = Channel()

    def churn() -> None:
        for _ in range(6):
            cache.remove()
            p.delay()
            p.delay()
            cache.add()
        done.close()

    p.go("test", receive, done)
    p.go("churn", churn)
