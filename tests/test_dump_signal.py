"""dump_on_signal: the table of the engine's threads, written when a signal comes."""

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest
from support import dumped, not_address_sanitized, run_program, threads_named, wait_until

import heartbeat
from heartbeat import Channel, dump_on_signal, go

SIGNAL = signal.SIGUSR1


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    dump_on_signal(None)
    os.close(reader)
    os.close(writer)


def raise_signal() -> None:
    os.kill(os.getpid(), SIGNAL)


def read_until(reader: int, text: str) -> str:
    """What is written, up to a line with this text. Blocks until it is there."""
    read = ""
    while text not in read:
        read += os.read(reader, 65536).decode()
    return read


def test_the_table_is_written_when_the_signal_comes(pipe: tuple[int, int]) -> None:
    hold = Channel[int](name="the hold")
    task = go(hold.recv, name="held")
    wait_until(lambda: "receive from channel 'the hold'" in dumped())  # it may watch for a moment first
    assert dump_on_signal(SIGNAL, fd=pipe[1]) is None
    raise_signal()
    table = read_until(pipe[0], "beats:")
    row = next(line for line in table.splitlines() if "'held'" in line)
    assert "of the engine" in row and "receive from channel 'the hold'" in row
    hold.send(1)
    task.join()


def test_it_is_written_while_the_interpreter_lock_is_held(pipe: tuple[int, int]) -> None:
    """The call of C that reads the table keeps the lock until some of it is there."""
    dump_on_signal(SIGNAL, fd=pipe[1])
    buffer = ctypes.create_string_buffer(9)
    pthread_kill = ctypes.PyDLL(None).pthread_kill
    pthread_kill.argtypes = [ctypes.c_ulong, ctypes.c_int]
    pthread_kill(threading.main_thread().ident, SIGNAL)
    assert ctypes.PyDLL(None).read(pipe[0], buffer, 9) == 9
    assert buffer.value == b"threads:\n"
    read_until(pipe[0], "beats:")


def test_each_signal_writes_a_table(pipe: tuple[int, int]) -> None:
    dump_on_signal(SIGNAL, fd=pipe[1])
    for _ in range(10):
        raise_signal()
        read_until(pipe[0], "beats:")


def test_none_gives_the_handler_back_and_ends_the_thread(pipe: tuple[int, int]) -> None:
    taken: list[int] = []
    before = signal.signal(SIGNAL, lambda signum, frame: taken.append(signum))
    try:
        dump_on_signal(SIGNAL, fd=pipe[1])
        raise_signal()
        read_until(pipe[0], "beats:")
        assert taken == []
        assert dump_on_signal(None) == SIGNAL
        wait_until(lambda: threads_named("hb-dump") == 0)
        raise_signal()
        wait_until(lambda: taken == [SIGNAL])
    finally:
        signal.signal(SIGNAL, before)


def test_who_took_the_signal_since_keeps_it(pipe: tuple[int, int]) -> None:
    taken: list[int] = []
    dump_on_signal(SIGNAL, fd=pipe[1])
    before = signal.signal(SIGNAL, lambda signum, frame: taken.append(signum))
    try:
        dump_on_signal(None)
        raise_signal()
        wait_until(lambda: taken == [SIGNAL])
    finally:
        signal.signal(SIGNAL, before)


def test_there_is_one_signal_at_a_time(pipe: tuple[int, int]) -> None:
    before = signal.signal(SIGNAL, signal.SIG_IGN)
    try:
        dump_on_signal(SIGNAL, fd=pipe[1])
        assert dump_on_signal(signal.SIGUSR2, fd=pipe[1]) == SIGNAL
        raise_signal()  # ignored again
        os.kill(os.getpid(), signal.SIGUSR2)
        read_until(pipe[0], "beats:")
        assert threads_named("hb-dump") == 1
        assert dump_on_signal(None) == signal.SIGUSR2
        assert dump_on_signal(None) is None
    finally:
        signal.signal(SIGNAL, before)


def test_a_file_can_be_given(pipe: tuple[int, int]) -> None:
    with open(pipe[1], "w", closefd=False) as file:
        dump_on_signal(signum=SIGNAL, fd=file)
        raise_signal()
        read_until(pipe[0], "beats:")


@pytest.mark.parametrize("signum", [0, -1, 10_000, 10**30, signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV])
def test_signals_that_cannot_be_handled_are_refused(signum: int) -> None:
    with pytest.raises(ValueError, match="no signal that can be handled"):
        dump_on_signal(signum)
    assert threads_named("hb-dump") == 0


@pytest.mark.parametrize("call", [
    lambda: dump_on_signal(),  # type: ignore[call-arg]
    lambda: dump_on_signal("USR1"),  # type: ignore[arg-type]
    lambda: dump_on_signal(SIGNAL, 2),  # type: ignore[call-arg]
    lambda: dump_on_signal(SIGNAL, fd=None),  # type: ignore[arg-type]
])
def test_what_makes_no_sense_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        call()
    assert heartbeat.dump_on_signal(None) is None


@not_address_sanitized
def test_the_child_of_a_fork_can_ask_anew() -> None:
    assert run_program("""
        import os, signal, sys
        from heartbeat import dump_on_signal
        dump_on_signal(signal.SIGUSR1)
        child = os.fork()
        reader, writer = os.pipe()
        if child == 0:
            assert dump_on_signal(signal.SIGUSR1, fd=writer) == signal.SIGUSR1
            os.kill(os.getpid(), signal.SIGUSR1)
            assert os.read(reader, 9) == b"threads:\\n"
            os._exit(0)
        print(os.waitpid(child, 0)[1])
    """) == "0\n"
