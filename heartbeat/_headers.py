"""Where the C headers of the package are."""

import os.path

PACKAGE = os.path.dirname(os.path.abspath(__file__))


def get_include() -> str:
    """The folder of heartbeat.h, for the include path of C, C++ and Cython extensions.

    An installed package carries the headers; a checkout has them among the C sources.
    """
    folders = [os.path.join(PACKAGE, "include"), os.path.join(os.path.dirname(PACKAGE), "csrc", "include")]
    return next((folder for folder in folders if os.path.exists(os.path.join(folder, "heartbeat.h"))), folders[0])
