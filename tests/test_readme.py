"""Every python block of README.md is a program of its own: it runs, ends, and complains of nothing.

A text block that follows a python block directly is what that program prints.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\s*^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
BLOCKS = [(match[1], match[2]) for match in BLOCK.finditer(README.read_text())]


def test_readme_has_programs() -> None:
    assert BLOCKS


@pytest.mark.parametrize(("program", "output"), BLOCKS)
def test_program_runs(program: str, output: str | None, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, timeout=60,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    if output is not None:
        assert done.stdout == output
