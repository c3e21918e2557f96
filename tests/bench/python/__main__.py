"""python tests/bench/python <kind> [<scenario> <count>]: one contender; see ../compare.py."""

from __future__ import annotations

import sys

import batches
import beats
import idle
import native
import nonblocking
import pingpong
import selecting
import silence
import throughput
import uncontended
import workers
from kinds import KINDS
from timing import Benchmark

COMPARED = (uncontended, nonblocking, pingpong, throughput)
OURS_ALONE = (batches, selecting, idle, silence, native)


def scenarios(kind: str) -> dict[str, Benchmark]:
    found: dict[str, Benchmark] = {}
    for module in COMPARED if kind in KINDS else ():
        found |= module.scenarios(KINDS[kind])
    for module in OURS_ALONE if kind == "heartbeat" else ():
        found |= module.scenarios()
    return found | beats.BEATS.get(kind, {}) | workers.WORKERS.get(kind, {})


def main(kind: str, *rest: str) -> None:
    if rest:
        name, count = rest
        print(f"{scenarios(kind)[name](int(count)):.3f}")
    else:
        print("\n".join(scenarios(kind)))


if __name__ == "__main__":
    main(*sys.argv[1:])
