"""python tests/bench/python <kind> [<scenario> <count>]: one contender; see ../compare.py."""

from __future__ import annotations

import sys

import batches
import beats
import calls
import footprint
import idle
import importing
import lateness
import loops
import native
import nonblocking
import pingpong
import processes
import selecting
import selecting_peers
import silence
import throughput
import timers
import uncontended
import workers
from kinds import KINDS, Kind
from peers import PEERS
from timing import Benchmark

COMPARED = (uncontended, nonblocking, calls, pingpong, throughput)
OURS_ALONE = (batches, selecting, idle, silence, native)
BY_KIND = (  # last: what is special to a kind, also where others have the like
    calls.CALLS, beats.BEATS, workers.WORKERS, loops.LOOPS, processes.PROCESSES, selecting_peers.SELECTING,
    timers.TIMERS, lateness.LATENESS, footprint.FOOTPRINT, importing.IMPORTING,
)


def kind_named(name: str) -> Kind | None:
    return PEERS[name]() if name in PEERS else KINDS.get(name)


def scenarios(name: str) -> dict[str, Benchmark]:
    found: dict[str, Benchmark] = {}
    kind = kind_named(name)
    for module in COMPARED if kind else ():
        found |= module.scenarios(kind)
    for module in OURS_ALONE if name == "heartbeat" else ():
        found |= module.scenarios()
    for special in BY_KIND:
        found |= special.get(name, {})
    return found


def main(kind: str, *rest: str) -> None:
    if rest:
        name, count = rest
        print(f"{scenarios(kind)[name](int(count)):.3f}")
    else:
        print("\n".join(scenarios(kind)))


if __name__ == "__main__":
    main(*sys.argv[1:])
