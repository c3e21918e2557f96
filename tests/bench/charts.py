"""What a picture shows: of a section its scenarios, and of all sections an overview."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from compare import Row
from ratios import Spread, ratio, spread
from records import Record, Records

Drawn = dict[str, Spread]  # by series


@dataclass(frozen=True)
class Chart:
    """What is drawn. A figure of 0 is not: it has no ratio, and no place on a scale of ratios."""

    title: str
    scale: str  # what the axis says
    series: tuple[str, ...]
    lines: dict[str, Drawn]  # by name; none is empty
    against: str  # who stands at 1; empty if the axis is no ratio


def chart(title: str, scale: str, lines: dict[str, Drawn], order: list[str], against: str = "") -> Chart:
    seen = {name for drawn in lines.values() for name in drawn}
    series = tuple(name for name in order if name in seen)
    return Chart(title, scale, series, {name: drawn for name, drawn in lines.items() if drawn}, against)


def ratios_of(row: Row, ours: str, peers: list[str]) -> Drawn:
    both = ((peer, ratio(row[ours].values, row[peer].values))
            for peer in peers if ours in row and peer in row)
    return {peer: found for peer, found in both if found}


def values_of(row: Row, ours: str) -> Drawn:
    return {ours: spread(row[ours].values)} if ours in row and all(row[ours].values) else {}


def of_section(record: Record) -> Chart:
    """Ratios; of a section without peers, or none that could be measured, our figures."""
    ours, *peers = record.contenders or ("",)  # all may have been skipped
    lines = {name: ratios_of(row, ours, peers) for name, row in record.results.items()}
    if any(lines.values()):
        scale = f"what the peer needs, in multiples of what {ours} needs (median; least and most of the rounds)"
        return chart(record.title, scale, lines, peers, ours)
    lines = {name: values_of(row, ours) for name, row in record.results.items()}
    return chart(record.title, record.legend, lines, [ours])


def over_scenarios(record: Record) -> Drawn:
    """Of each peer: the least ratio of all scenarios, their geometric mean, and the most."""
    ours, *peers = record.contenders or ("",)
    found: dict[str, list[float]] = {peer: [] for peer in peers}
    for row in record.results.values():
        for peer, (_, middle, _) in ratios_of(row, ours, peers).items():
            found[peer].append(middle)
    return {peer: Spread(min(ratios), statistics.geometric_mean(ratios), max(ratios))
            for peer, ratios in found.items() if ratios}


def overview(measured: Records) -> Chart:
    """A line a peer, with a dot for each section it is in."""
    lines: dict[str, Drawn] = {}
    for record in measured.values():
        for peer, found in over_scenarios(record).items():
            lines.setdefault(peer, {})[record.title] = found
    scale = "what the peer needs, in multiples of what heartbeat needs (geometric mean; worst and best scenario)"
    titles = [record.title for record in measured.values()]
    return chart("heartbeat beside its peers", scale, lines, titles, "heartbeat")
