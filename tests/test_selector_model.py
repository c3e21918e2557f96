"""A Selector finds what is ready through hints: it must find something exactly when there is something."""

from __future__ import annotations

import random

import pytest

from heartbeat import Channel, Closed, Selector, seed, send


class Model:
    """What channels of some capacity must do, and a selector over them that is asked after each step."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.capacities = [1, 1, 3, None, 2]
        self.channels = [Channel[int](capacity) for capacity in self.capacities]
        self.queued = [0] * 5
        self.closed = [False] * 5
        self.selector = Selector()
        self.cases: dict[int, tuple[int, bool]] = {}  # key: which channel, whether to send

    def add(self) -> None:
        which, sending = self.chance.randrange(5), self.chance.random() < 0.3
        channel = self.channels[which]
        self.cases[self.selector.add(send(channel, 1) if sending else channel)] = which, sending

    def remove(self) -> None:
        if self.cases:
            self.selector.remove(key := self.chance.choice(list(self.cases)))
            del self.cases[key]

    def renew(self) -> None:
        which = self.chance.randrange(5)
        for key, case in list(self.cases.items()):
            if case[0] == which:
                self.selector.remove(key)
                del self.cases[key]
        self.channels[which] = Channel(self.capacities[which])
        self.queued[which], self.closed[which] = 0, False

    def operate(self) -> None:
        which = self.chance.randrange(5)
        channel = self.channels[which]
        if self.chance.random() < 0.05:
            self.closed[which] |= channel.close()
        elif self.chance.random() < 0.5 and not self.closed[which]:
            self.queued[which] += channel.try_send(1)
        elif self.queued[which]:
            self.queued[which] -= channel.recv()

    def ready(self) -> set[int]:
        return {key for key, (which, sending) in self.cases.items()
                if self.closed[which]
                or (self.queued[which] != self.capacities[which] if sending else self.queued[which])}

    def ask(self) -> None:
        ready = self.ready()
        try:
            selected = self.selector.try_select(biased=self.chance.random() < 0.3)
        except Closed:
            assert any(self.closed[self.cases[key][0]] and self.cases[key][1] for key in ready)
            return
        if selected is None:
            assert not ready
            return
        assert selected.index in ready
        which, sending = self.cases[selected.index]
        if selected.ok:
            self.queued[which] += 1 if sending else -1


@pytest.mark.parametrize("start", range(8))
def test_something_is_selected_whenever_something_is_ready(start: int) -> None:
    seed(start)
    chance = random.Random(start)
    model = Model(chance)
    steps = [model.add] * 2 + [model.remove] + [model.operate] * 3 + [model.ask] * 2
    for _ in range(1500):
        chance.choice(steps)()
        if chance.random() < 0.01:
            model.renew()
    for _ in range(1000):
        model.ask()
