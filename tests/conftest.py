"""Fixtures of the Python tests; plain helpers are in support.py."""

from __future__ import annotations

import signal
import threading

import pytest

pytest_plugins = ["pytester"]

# A shell starts what runs in the background without Ctrl-C, and Python leaves that as it is.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[threading.ExceptHookArgs]:
    """What threading.excepthook is told during the test."""
    calls: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", calls.append)
    return calls
