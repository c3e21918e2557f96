"""Does a build step anew only when its command or a file that it reads has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path


def digest(command: Sequence[str], files: Iterable[Path]) -> str:
    """Of the contents, since times of files say little in a copy or after a change of branch."""
    whole = hashlib.sha256("\0".join(command).encode())
    for path in sorted(files):
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def unless_made(
    program: Path, command: Sequence[str], files: Iterable[Path], make: Callable[[], None]
) -> None:
    stamp = program.with_name(f"{program.name}.stamp")
    wanted = digest(command, files)
    if program.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    make()
    stamp.write_text(wanted)
