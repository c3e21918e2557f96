"""The end of a participant, as others see it."""

import os

import heartbeat
from heartbeat import go
from heartbeat.testing import virtual_time

ROUNDS = 300


def table() -> str:
    reader, writer = os.pipe()
    with os.fdopen(reader) as lines:
        heartbeat.dump(writer)
        os.close(writer)
        return lines.read()


def test_who_has_ended_when_all_wait_is_in_no_table() -> None:
    with virtual_time() as bubble:
        for _ in range(ROUNDS):
            for _ in range(3):
                go(int, name="ends")
            bubble.wait()
            assert "'ends'" not in table()
