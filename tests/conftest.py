"""Fixtures of the Python tests; plain helpers are in support.py."""

from __future__ import annotations

import threading

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[threading.ExceptHookArgs]:
    """What threading.excepthook is told during the test."""
    calls: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", calls.append)
    return calls
