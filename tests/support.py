"""What the tests of the binding share: bounds, watching others wait, programs of their own.

Programs can import it too: `run_program` puts this folder on their path.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import heartbeat
from heartbeat import Channel, now, sleep

SOON = 30.0  # seconds given to what must happen: only a failure takes that long
QUIET = 0.03  # seconds during which something must not happen

THREAD_SANITIZED = "thread-sanitizer" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
# A sanitizer keeps freed memory for a while, and more of it: then sizes tell nothing.
ADDRESS_SANITIZED = "asan" in os.environ.get("LD_PRELOAD", "")
SANITIZED = THREAD_SANITIZED or ADDRESS_SANITIZED

not_thread_sanitized = pytest.mark.skipif(THREAD_SANITIZED, reason=(
    "ThreadSanitizer knows no threads after a fork, takes exception to how CPython ends,"
    " and makes threads and frames too dear for thousands of them"))

# Its allocator takes locks that nothing makes clean in the child: one that another thread of the
# parent had at that instant is never free again, and the child's next allocation waits for it.
not_address_sanitized = pytest.mark.skipif(ADDRESS_SANITIZED, reason=(
    "AddressSanitizer's allocator does not survive a fork beside other threads"))


def wait_until(condition: Callable[[], object]) -> None:
    """Return once the condition holds. For what other threads do without telling anybody."""
    deadline = now() + SOON
    while not condition():
        assert now() < deadline, "it did not come about"
        sleep(0.0005)


def wait_for_receivers(channel: Channel[Any], count: int = 1) -> None:
    wait_until(lambda: channel.stats().waiting_receivers == count)


def wait_for_senders(channel: Channel[Any], count: int = 1) -> None:
    wait_until(lambda: channel.stats().waiting_senders == count)


def dumped() -> str:
    """What heartbeat.dump() writes. To a file: a pipe nobody reads takes only so much."""
    with tempfile.TemporaryFile("w+") as file:
        heartbeat.dump(file)
        file.seek(0)
        return file.read()


def is_asleep(native_id: int) -> bool:
    """Whether a thread of this process sleeps in the kernel, as Linux tells it."""
    stat = Path(f"/proc/self/task/{native_id}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "S"


def threads_named(name: str) -> int:
    """How many threads of this process bear that name, as Linux tells it."""
    found = 0
    for comm in Path("/proc/self/task").glob("*/comm"):
        try:
            found += comm.read_text().rstrip() == name
        except OSError:  # it has just ended
            pass
    return found


def memory(which: int = 1) -> int:
    """Bytes this process has in memory, as Linux tells it; 0: bytes of addresses it has in use."""
    return int(Path("/proc/self/statm").read_text().split()[which]) * os.sysconf("SC_PAGESIZE")


def complete(source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    folders = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, folders))}
    command = [sys.executable, "-X", "faulthandler", "-W", "ignore::DeprecationWarning", "-c"]
    return subprocess.run([*command, textwrap.dedent(source), *arguments], env=environment,
                          capture_output=True, text=True, timeout=4 * SOON)


def run_program(source: str, *arguments: str, status: int = 0, errors: str = "") -> str:
    """Run a program that must end with this status and these complaints; what it printed."""
    done = complete(source, *arguments)
    assert done.stderr == errors, f"{done.stdout}\n{done.stderr}"
    assert done.returncode == status, f"{done.returncode}\n{done.stdout}"
    return done.stdout
