"""GoKer's cases of the projects Hugo and Istio."""

from __future__ import annotations

from heartbeat import Channel, Timer, select, send, sleep

from .gosync import Context, Mutex, Once, RWMutex, WaitGroup, poll, receive, with_timeout
from .program import GROUP, LOCK, RECEIVE, RLOCK, SEND, WLOCK, Program, case, either


@case("Hugo/3251", {"test": GROUP, "getter": either(LOCK, RLOCK, WLOCK)}, always=False)
def hugo3251(p: Program) -> None:
    """A URL's own mutex is locked under the table's lock; giving it back has to read the table."""
    table, url, getters = RWMutex(), Mutex(), WaitGroup(6)

    def lock_url() -> None:
        table.lock()
        if p.fixed:
            table.unlock()
        url.lock()
        if not p.fixed:
            table.unlock()

    def getter() -> None:
        for _ in range(3):
            lock_url()
            p.delay()
            with table.reading():
                url.unlock()
            p.delay()
        getters.done()

    for _ in range(6):
        p.go("getter", getter)
    p.go("test", getters.wait)


class Page5379:
    def __init__(self, p: Program) -> None:
        self.p = p
        self.mutex = Mutex()
        self.content, self.plain = Once(), Once()

    def count_words(self) -> None:
        self.content.do(self.make_content)
        self.plain.do(self.make_plain)

    def make_plain(self) -> None:
        with self.mutex:
            pass

    def make_content(self) -> None:
        """Makes it on a thread of its own, but not for longer than 1 ms."""
        made: Channel[None] = Channel(1)
        self.p.go("content", self.render, made)
        select(with_timeout(None, 1e-3).done, made)

    def render(self, made: Channel[None]) -> None:
        """A shortcode of the page asks for the number of words of the page."""
        if self.p.fixed:
            self.count_words()
        with self.mutex:
            if not self.p.fixed:
                self.count_words()
        made.send(None)


@case("Hugo/5379", {"build": GROUP, "renderer": LOCK, "content": LOCK}, always=False)
def hugo5379(p: Program) -> None:
    """Making a page's content takes long enough to be left alone, and locks its mutex twice."""
    page, renderers = Page5379(p), WaitGroup(2)

    def renderer() -> None:
        page.count_words()
        renderers.done()

    p.go("build", renderers.wait)
    for _ in range(2):
        p.go("renderer", renderer)


@case("Istio/16224", {"test": LOCK, "controller": SEND}, {"controller": RECEIVE})
def istio16224(p: Program) -> None:
    """A handler sends with the mutex in hand that the receiver takes first; and a controller that is
    stopped waits for one more event."""
    mutex = Mutex()
    events: Channel[int] = Channel()
    done: Channel[bool] = Channel()
    stop: Channel[None] = Channel()

    def handle() -> None:
        mutex.lock()
        if p.fixed:
            mutex.unlock()
        done.send(True)
        if not p.fixed:
            mutex.unlock()

    def controller() -> None:
        while select(stop, events).index == 1:
            p.delay()
            handle()
        if not p.fixed:
            receive(events)

    def test() -> None:
        events.send(0)
        p.delay()
        with mutex:
            pass
        receive(done)
        stop.close()

    p.go("controller", controller)
    p.go("test", test)


class Agent17860:
    """Restarts a proxy that never gets to live; run() ends when no epoch is left."""

    def __init__(self, p: Program, context: Context) -> None:
        self.p, self.context = p, context
        self.mutex = Mutex()
        self.statuses: Channel[int] = Channel()
        self.epoch, self.active = 0, set[int]()

    def run(self) -> None:
        while (got := select(self.statuses, self.context.done)).index == 0:
            with self.mutex:
                self.active.discard(got.value or 0)
                if not self.active:
                    return

    def restart(self) -> None:
        with self.mutex:
            if self.active:
                sleep(0.1)
            self.epoch += 1
            self.active.add(self.epoch)
            self.p.go("proxy", self.report, self.epoch)

    def report(self, epoch: int) -> None:
        if self.p.fixed:
            select(send(self.statuses, epoch), self.context.done)
        else:
            self.statuses.send(epoch)


@case("Istio/17860", {"proxy": SEND}, always=False)
def istio17860(p: Program) -> None:
    """A proxy's end is told to an agent that has ended before."""
    context = Context()
    agent = Agent17860(p, context)

    def test() -> None:
        p.go("agent", agent.run)
        agent.restart()
        p.go("restart", agent.restart)
        sleep(0.2)
        context.cancel()

    p.go("test", test)


@case("Istio/18454", {"loop": RECEIVE, "processor": SEND}, {"loop": RECEIVE}, always=False)
def istio18454(p: Program) -> None:
    """A timer that has been received from is stopped too late, and its value waited for again."""
    timer = Timer(1e-3)
    resets: Channel[None] = Channel(1)
    processing, looping = Context(), Context()

    def loop() -> None:
        while (got := select(timer, resets, looping.done)).index < 2:
            if got.index == 0:
                continue
            if not timer.stop():
                poll(timer) if p.fixed else receive(timer)
            timer.reset(1e-3)

    def processor() -> None:
        for _ in range(6):
            p.delay()
            resets.send(None)
        receive(processing.done)
        looping.cancel()

    p.go("loop", loop)
    p.go("processor", processor)
    p.go("stop", processing.cancel)
