"""A handler runs between leaving the queues and taking the old place in them again: it may use the
very channels that are waited for, and what it does not raise does not end the wait."""

from __future__ import annotations

import sys

import pytest

from support import run_program
from test_signals import PRELUDE

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

HANDLER = PRELUDE + """
ran = Channel(None)
def on_signal(handler):
    def handle(*_):
        handler()
        ran.send(None)
    signal.signal(signal.SIGUSR1, handle)
def signal_main():
    await_sleep()
    os.kill(os.getpid(), signal.SIGUSR1)
"""


def test_the_wait_goes_on_with_its_deadline() -> None:
    run_program(HANDLER + """
on_signal(lambda: None)
signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGUSR1))
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
task = go(nil.recv)
def expect_timeout(call):
    begun, before = now(), len(ran)
    try:
        call()
    except TimeoutError:
        assert 0.2 <= now() - begun < 30
        assert len(ran) > before
    else:
        assert call is nap and now() - begun >= 0.2
nap = lambda: sleep(0.2)
for call in (lambda: Channel().recv(timeout=0.2), lambda: Channel().send(1, timeout=0.2),
             lambda: select(nil, Channel(), timeout=0.2), lambda: task.join(0.2),
             lambda: Channel().recv(deadline=now() + 0.2), nap):
    expect_timeout(call)
signal.setitimer(signal.ITIMER_REAL, 0)
""")


@pytest.mark.parametrize("call", ["channel.recv()", "select(channel, nil).value",
                                  "channel.recv_many(5)[0]", "Selector([channel]).select().value"])
def test_a_receiver_keeps_its_place_in_the_queue(call: str) -> None:
    run_program(HANDLER + f"""
channel = Channel()
on_signal(lambda: None)
def control():
    await_sleep()
    later = go(channel.recv)
    while channel.stats().waiting_receivers != 2:
        heartbeat.sleep(0.0005)
    os.kill(os.getpid(), signal.SIGUSR1)
    ran.recv()
    await_sleep()
    channel.send("for who came first")
    channel.send("for who came later")
    return later.result()
task = go(control)
assert {call} == "for who came first"
assert task.result() == "for who came later"
""")


def test_a_sender_keeps_its_place_in_the_queue() -> None:
    run_program(HANDLER + """
channel = Channel()
on_signal(lambda: None)
def control():
    await_sleep()
    later = go(channel.send, "later")
    while channel.stats().waiting_senders != 2:
        heartbeat.sleep(0.0005)
    os.kill(os.getpid(), signal.SIGUSR1)
    ran.recv()
    await_sleep()
    return channel.recv(), channel.recv()
task = go(control)
channel.send("first")
assert task.result() == ("first", "later")
""")


def test_a_place_is_kept_while_another_thread_computes() -> None:
    run_program(PRELUDE + """
channel = Channel()
def compute_and_send():
    await_sleep()
    later = go(channel.recv)
    while channel.stats().waiting_receivers != 2:
        heartbeat.sleep(0.0005)
    until = now() + 0.6  # longer than the main thread sleeps without looking after signals
    while now() < until:
        pass
    assert channel.stats().waiting_receivers == 2
    assert channel.try_send("first") and channel.try_send("later")
    return later.result()
task = go(compute_and_send)
assert channel.recv() == "first"
assert task.result() == "later"
""")


def test_a_handler_may_use_the_channel_that_is_waited_for() -> None:
    run_program(HANDLER + """
channel = Channel(1)
def refuses_to_wait():
    assert channel.stats().waiting_receivers == channel.stats().waiting_senders == 0
    try:
        Channel().recv(timeout=0.01)
    except TimeoutError:
        pass
on_signal(lambda: (refuses_to_wait(), channel.send("from the handler")))
for call in (channel.recv, lambda: select(nil, channel).value, lambda: channel.recv_many(3)[0],
             lambda: next(channel), lambda: Selector([channel, nil]).select().value):
    go(signal_main)
    assert call() == "from the handler"
on_signal(lambda: (refuses_to_wait(), taken.append(channel.recv())))
for call in (channel.send, lambda value: select(send(channel, value), nil)):
    taken = []
    channel.send("queued")
    go(signal_main)
    call("from the call")
    assert taken + [channel.recv()] == ["queued", "from the call"]
""")


def test_a_handler_does_not_meet_the_call_it_interrupted() -> None:
    run_program(HANDLER + """
channel = Channel()
on_signal(lambda: met.append(channel.try_send("from the handler")))
met = []
def control():
    signal_main()
    ran.recv()
    channel.send("from the task")
go(control)
assert channel.recv() == "from the task"
assert met == [False]
""")


def test_a_handler_may_close_the_channel() -> None:
    run_program(HANDLER + """
for call in ("channel.recv()", "channel.send(1)", "select(nil, send(channel, 1))",
             "channel.recv_many(2)", "channel.send_many([1])"):
    channel = Channel()
    on_signal(lambda: channel.close("by the handler"))
    go(signal_main)
    try:
        eval(call)
        sys.exit(f"{call} ended")
    except Closed as closed:
        assert closed.cause == "by the handler"
channel = Channel()
go(signal_main)
assert list(channel) == []
""")


@pytest.mark.parametrize("raised", ["ValueError", "Closed", "TimeoutError", "StopIteration"])
def test_what_a_handler_raises_comes_out_of_the_call(raised: str) -> None:
    run_program(HANDLER + f"""
channel = Channel()
task = go(nil.recv)
error = {raised}("by the handler")
def fail():
    raise error
on_signal(fail)
for call in (channel.recv, lambda: next(channel), task.join, task.result, task.recv, select,
             lambda: sleep(1000), lambda: channel.send_many([1])):
    try:
        go(signal_main)
        call()
        sys.exit("it ended")
    except {raised} as caught:
        assert caught is error
""")


def test_a_handler_may_be_interrupted_in_a_wait_of_its_own() -> None:
    run_program(HANDLER + """
inner, outer = Channel(), Channel()
signal.signal(signal.SIGUSR2, lambda *_: inner_handled.append(True))
inner_handled = []
def handler():
    go(control_inner)
    assert inner.recv() == "inner"
on_signal(handler)
def control_inner():
    await_sleep()
    os.kill(os.getpid(), signal.SIGUSR2)
    inner.send("inner")
def control():
    signal_main()
    ran.recv()
    outer.send("outer")
go(control)
assert outer.recv() == "outer"
assert inner_handled == [True]
""")


def test_a_storm_of_signals_loses_nothing() -> None:
    run_program(HANDLER + """
requests, answers = Channel(), Channel()
def serve():
    for request in requests:
        answers.send(request)
server = go(serve)
sys.setswitchinterval(0.005)
handled = 0
def count(*_):
    global handled
    handled += 1
signal.signal(signal.SIGALRM, count)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for i in range(3000):
    requests.send(i)
    assert answers.recv() == i
while handled < 50:
    assert select(answers, send(requests, "more")).index == 1
    assert select(answers, nil).value == "more"
signal.setitimer(signal.ITIMER_REAL, 0)
requests.close()
server.join()
""")
