"""The exceptions of the engine: what they are and what they carry."""

from __future__ import annotations

import traceback

import pytest

from heartbeat import (
    Channel,
    Closed,
    DeadlockError,
    Error,
    Revoked,
    Selector,
    Stopped,
    go,
    nil,
    select,
)
from support import wait_for_receivers

ERRORS = [Closed, DeadlockError, Revoked, Stopped]


def test_the_family() -> None:
    assert Error.__bases__ == (Exception,)
    for error in ERRORS:
        assert error.__bases__ == (Error,)
    assert {error.__module__ for error in [Error, *ERRORS]} == {"heartbeat"}
    assert [error.__name__ for error in ERRORS] == ["Closed", "DeadlockError", "Revoked", "Stopped"]


@pytest.mark.parametrize("error", [Error, *ERRORS])
def test_programs_may_raise_them_too(error: type[Exception]) -> None:
    with pytest.raises(error, match="by a program"):
        go(exec, "raise error('by a program')", {"error": error}).result()


def test_what_they_carry_is_none_by_default() -> None:
    assert Closed("by a program").cause is None
    assert DeadlockError("by a program").report is None


def test_time_that_is_up_is_the_built_in_timeout_error() -> None:
    channel = Channel[int]()
    task = go(channel.recv)
    for call in (lambda: nil.recv(timeout=0), lambda: nil.send(1, timeout=0.001),
                 lambda: select(timeout=0), lambda: task.join(0), lambda: task.result(0.001),
                 lambda: Selector().select(timeout=0)):
        with pytest.raises(TimeoutError) as caught:
            call()
        assert type(caught.value) is TimeoutError and "deadline" in str(caught.value)
    channel.send(1)
    assert task.result() == 1


def test_closed_names_the_channel_and_shows_its_cause() -> None:
    channel = Channel[int](name="jobs")
    channel.close(cause := OSError("the disk is full"))
    with pytest.raises(Closed, match="'jobs' is closed") as caught:
        channel.recv()
    assert caught.value.cause is cause is caught.value.__cause__
    shown = "".join(traceback.format_exception(caught.value))
    assert "OSError: the disk is full" in shown and "direct cause" in shown


def test_every_closed_is_an_exception_of_its_own() -> None:
    channel = Channel[int]()
    tasks = [go(channel.recv), go(channel.recv)]
    wait_for_receivers(channel, 2)
    channel.close("over")
    errors = [task.exception for task in tasks if not task.join()]
    assert all(isinstance(error, Closed) and error.cause == "over" for error in errors)
    assert errors[0] is not errors[1]


def test_a_channel_closed_by_what_closed_another() -> None:
    first, second = Channel[int](), Channel[int]()
    first.close(ValueError("first"))
    try:
        first.recv()
    except Closed as error:
        second.close(error)
    with pytest.raises(Closed) as caught:
        second.recv()
    assert isinstance(caught.value.cause, Closed)
    assert isinstance(caught.value.cause.cause, ValueError)


def test_closed_inside_an_except_clause_keeps_the_context() -> None:
    channel = Channel[int]()
    channel.close()
    with pytest.raises(Closed) as caught:
        try:
            raise LookupError("before")
        except LookupError:
            channel.recv()
    assert isinstance(caught.value.__context__, LookupError) and caught.value.__cause__ is None
