"""Garbage that is collected while the stacks of a bubble's threads are read.

Some versions of Python read the stacks of all threads under a lock that the end of a
threading.local takes, too: a collection in between stopped the interpreter.
"""

import subprocess
import sys

LIMIT = 60.0

PROGRAM = """
import gc, threading
from heartbeat import Channel, go
from heartbeat.testing import virtual_time
from heartbeat._words import all_frames

class Node:
    pass

def leave_garbage():
    node = Node()
    node.self, node.local = node, threading.local()
    node.local.value = 1

for round in range(40):
    with virtual_time() as bubble:
        done = Channel()
        tasks = [go(lambda: list(done)) for _ in range(8)]  # their frames are new to Python
        bubble.wait()
        leave_garbage()
        gc.set_threshold(gc.get_count()[0] + round)  # due somewhere in the middle
        assert len(all_frames()) > len(tasks)
        gc.set_threshold(0)
        done.close()
print("done")
"""


def test_garbage_is_not_collected_while_stacks_are_read() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=LIMIT)
    assert (ended.stdout, ended.stderr) == ("done\n", "")
