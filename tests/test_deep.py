"""What is nested deeper than the C stack could hold is released all the same; and what is released
may use what releases it."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from heartbeat import Channel, Closed, select, send
from support import not_thread_sanitized, run_program

pytestmark = not_thread_sanitized

DEPTH = 200_000  # each level of a recursion would take at least 64 bytes of a stack of 8 MiB


@pytest.mark.parametrize("deeper", [
    "queue(channel)",
    "closed(channel)",
    "heartbeat.send(heartbeat.nil, channel)",
    "selected(channel)",
    "heartbeat.Selector([heartbeat.send(heartbeat.nil, channel)])",
])
@pytest.mark.parametrize("collected", [False, True])
def test_deep_nesting_does_not_overflow_the_stack(deeper: str, collected: bool) -> None:
    printed = run_program(f"""
        import gc, heartbeat
        def queue(inner):
            channel = heartbeat.Channel(1)
            channel.send(inner)
            return channel
        def closed(inner):
            channel = heartbeat.Channel(1)
            channel.close(inner)
            return channel
        def selected(inner):
            channel = heartbeat.Channel(1)
            channel.send(inner)
            return heartbeat.select(channel)
        innermost = channel = heartbeat.Channel(1)
        for _ in range({DEPTH}):
            channel = {deeper}
        if {collected}:
            innermost.send(channel)
        del innermost, channel
        gc.collect()
        print("released")
    """)
    assert printed == "released\n"


def test_tasks_that_return_tasks_do_not_overflow_the_stack() -> None:
    run_program("""
        import threading, heartbeat
        def nest():
            task = None
            for _ in range(20_000):
                task = heartbeat.go(lambda inner=task: inner)
                task.join()
        threading.stack_size(1 << 20)
        thread = threading.Thread(target=nest)
        thread.start()
        thread.join()
    """)


class Sender:
    """Sends on its channel when it is released."""

    def __init__(self, channel: Channel[Any]) -> None:
        self.channel = channel

    def __del__(self) -> None:
        self.channel.send("released")


def test_a_destructor_may_send_on_the_channel_its_object_came_from() -> None:
    channel: Channel[Any] = Channel(2)
    channel.send(Sender(channel))
    channel.recv()
    assert channel.recv(timeout=0) == "released"
    channel.send_many([Sender(channel)])
    select(channel)
    assert channel.recv(timeout=0) == "released"


def test_a_destructor_may_send_on_the_channel_that_refused_its_object() -> None:
    channel: Channel[Any] = Channel(1)
    with pytest.raises(TypeError):
        channel.send(Sender(channel), timeout="soon")
    assert channel.recv(timeout=0) == "released"
    other: Channel[Any] = Channel()
    assert not other.try_send(Sender(channel))
    assert channel.recv(timeout=0) == "released"
    with pytest.raises(TimeoutError):
        select(send(other, Sender(channel)), timeout=0)
    gc.collect()
    assert channel.recv(timeout=0) == "released"
    other.close()
    with pytest.raises(Closed):
        other.send(Sender(channel))
    assert channel.recv(timeout=0) == "released"


def test_a_destructor_may_use_another_channel_while_its_own_dies() -> None:
    log: Channel[str] = Channel(None)
    dying: Channel[Sender] = Channel(None)
    for _ in range(5):
        dying.send(Sender(log))
    del dying
    assert len(log) == 5


def test_a_destructor_may_send_on_a_channel_that_is_being_collected() -> None:
    channel: Channel[Any] = Channel(None)
    channel.send(Sender(channel))
    channel.send(channel)
    del channel
    gc.collect()
    assert not [found for found in gc.get_objects() if isinstance(found, Sender)]
