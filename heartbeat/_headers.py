"""Where the C headers of the package are."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def get_include() -> str:
    """The folder of heartbeat.h, for the include path of C, C++ and Cython extensions.

    An installed package carries the headers; a checkout has them among the C sources.
    """
    folders = [PACKAGE / "include", PACKAGE.parent / "csrc" / "include"]
    return str(next((folder for folder in folders if (folder / "heartbeat.h").exists()), folders[0]))
