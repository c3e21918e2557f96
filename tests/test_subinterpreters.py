"""The engine's threads attach to the main interpreter, so no other one may have the package."""

from __future__ import annotations

import importlib.util

import pytest

from support import run_program

MODULES = ("_interpreters", "_xxsubinterpreters")  # of 3.13 and later, and before

HELPERS = """
    import sys
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters

    def legacy():
        return interpreters.create("legacy") if sys.version_info >= (3, 13) else \\
            interpreters.create(isolated=False)

    IMPORT = '''
    try:
        import heartbeat
    except ImportError as error:
        print(error, flush=True)
    else:
        print("imported", flush=True)
    '''
"""

pytestmark = pytest.mark.skipif(not any(map(importlib.util.find_spec, MODULES)),
                                reason="the interpreter makes no others from Python")


def test_another_interpreter_is_refused() -> None:
    printed = run_program(HELPERS + """
    interpreters.run_string(legacy(), IMPORT)
    interpreters.run_string(interpreters.create(), IMPORT)
    """)
    told = printed.splitlines()
    assert len(told) == 2
    for text in told:  # where it checks by itself, CPython is the first to refuse
        assert "heartbeat" in text and ("main interpreter only" in text or "subinterpreters" in text)


def test_the_main_one_is_not_disturbed() -> None:
    assert run_program(HELPERS + """
    interpreters.run_string(legacy(), IMPORT)
    import heartbeat
    interpreters.run_string(legacy(), IMPORT)
    print(heartbeat.go(lambda: "works").result())
    """).splitlines()[-1] == "works"
