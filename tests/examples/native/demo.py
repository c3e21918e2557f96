"""A native worker over heartbeat's C interface: doubles go in and come out scaled, without the GIL.

    python setup.py build_ext --inplace
    python demo.py
"""

import scaling  # type: ignore[import-not-found]

from heartbeat import Channel, Worker


def main() -> None:
    source: Channel[float] = Channel(8, dtype="d", name="source")
    unit = scaling.scaler(source, 2.5)
    with Worker(unit, dtype="d", interval=0.01, name="scaler") as worker:
        worker.pulses.recv(timeout=30.0)  # it pulses while it waits for work
        for value in (1.0, 2.0, 4.0):
            source.send(value)
            print(value, "->", worker.results.recv(timeout=30.0))
        source.close()
        worker.join(timeout=30.0)
    print(worker.state, "after", worker.beat.stats().units, "units")


if __name__ == "__main__":
    main()
