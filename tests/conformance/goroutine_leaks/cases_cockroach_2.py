"""GoKer's cases of the CockroachDB project, second half: channels with nobody at the other end."""

from __future__ import annotations

from heartbeat import Channel, select, send

from .gosync import Context, WaitGroup, poll, receive
from .program import RECEIVE, SEND, Program, case


@case("Cockroach/10790", {"drain": RECEIVE}, always=False)
def cockroach10790(p: Program) -> None:
    """Cancelled, the commands' channels are drained; but so is what was to send on them."""
    commands: list[Channel[bool]] = [Channel(), Channel()]
    context = Context()

    def sender() -> None:
        for command in commands:
            if select(send(command, True), context.done).index == 1:
                break
        if p.fixed:
            for command in commands:
                command.close()

    def drain() -> None:
        for command in commands:
            receive(command)

    def begin() -> None:
        for command in commands:
            if select(command, context.done).index == 1:
                p.go("drain", drain)

    p.go("sender", sender)
    p.go("begin", begin)
    p.go("cancel", context.cancel)


@case("Cockroach/18101", {"scatter": SEND})
def cockroach18101(p: Program) -> None:
    """Who takes the spans leaves once it is cancelled; more of them come than there is room for."""
    room = 6
    ready: Channel[int] = Channel(room)
    context = Context()

    def scatter() -> None:
        for span in range(room + 2):
            if not p.fixed:
                ready.send(span)
            elif select(send(ready, span), context.done).index == 1:
                break
        ready.close()

    def restore() -> None:
        for _ in ready:
            receive(context.done)
            return

    p.go("scatter", scatter)
    p.go("restore", restore)
    p.go("cancel", context.cancel)


@case("Cockroach/24808", {"start": SEND})
def cockroach24808(p: Program) -> None:
    """A compactor nudges itself before its loop runs; somebody has done so already."""
    nudge: Channel[None] = Channel(1)
    stopper: Channel[None] = Channel()

    def loop() -> None:
        while select(stopper, nudge).index == 1:
            pass

    def start() -> None:
        nudge.send(None)
        if p.fixed:
            nudge.try_send(None)
        else:
            nudge.send(None)
        p.go("loop", loop)
        stopper.close()

    p.go("start", start)


@case("Cockroach/25456", {"queue": RECEIVE})
def cockroach25456(p: Program) -> None:
    """Whether the store is draining is asked by waiting until it does."""
    quiesce: Channel[None] = Channel()

    def queue() -> None:
        for _ in range(2):
            if p.fixed:
                poll(quiesce)
            else:
                receive(quiesce)

    p.go("queue", queue)


@case("Cockroach/35073", {"pusher": SEND, "test": SEND})
def cockroach35073(p: Program) -> None:
    """An outbox fails as it starts, and leaves its channel open for rows that nobody takes."""
    rows: Channel[int] = Channel(16)
    status = ["more rows wanted"]
    started = WaitGroup(1)

    def push() -> None:
        if status[0] == "more rows wanted":
            rows.send(0)

    def outbox() -> None:
        if p.fixed:
            status[0] = "closed"
            rows.try_recv()
        started.done()

    def test() -> None:
        for _ in range(16):
            push()
        p.go("pusher", push)
        p.go("outbox", outbox)
        started.wait()
        push()

    p.go("test", test)


@case("Cockroach/35931", {"canceller": SEND, "reader": RECEIVE})
def cockroach35931(p: Program) -> None:
    """Cancelling tells both inputs of a processor, the full one first; it reads from the other."""
    left: Channel[str] = Channel(1)
    right: Channel[str] = Channel(1)

    def reader() -> None:
        receive(right)
        receive(left)
        receive(left)

    def canceller() -> None:
        left.send("row")
        for side in (left, right):
            if p.fixed:
                p.go("push", side.send, "cancelled")
            else:
                side.send("cancelled")

    p.go("reader", reader)
    p.go("canceller", canceller)


@case("Cockroach/13197", {"transaction": RECEIVE})
def cockroach13197(p: Program) -> None:
    """A transaction waits for its context, and nobody rolls it back."""
    context = Context(Context())
    p.go("transaction", receive, context.done)
    if p.fixed:
        p.go("rollback", context.cancel)


@case("Cockroach/13755", {"rows": RECEIVE})
def cockroach13755(p: Program) -> None:
    """The rows of a query wait to be closed."""
    context = Context()

    def rows() -> None:
        receive(context.done)
        context.cancel()

    p.go("rows", rows)
    if p.fixed:
        p.go("close", context.cancel)
