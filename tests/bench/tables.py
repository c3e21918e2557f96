"""Tables of what was measured, in Markdown: a line a scenario, a column a contender."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compare import Figures, Results, Row
from means import Pick, geometric_means
from ratios import ratio, spread


def wall(figures: Figures) -> list[float]:
    return figures.values


def cpu(figures: Figures) -> list[float]:
    return figures.cpu


def short(value: float) -> str:
    """Three digits that mean something, never an exponent; below a thousandth it is nothing."""
    if value < 0.001:
        return "0"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def figure_cell(row: Row, contender: str, pick: Pick) -> str:
    """Median and extremes."""
    if contender not in row:
        return "-"
    least, middle, most = map(short, spread(pick(row[contender])))
    return f"{middle} ({least} to {most})"


def ratio_cell(row: Row, ours: str, peer: str, pick: Pick) -> str:
    if ours not in row or peer not in row:
        return "-"
    found = ratio(pick(row[ours]), pick(row[peer]))
    return f"{found.middle:.2f}" if found else "-"


def cells(name: str, row: Row, contenders: Sequence[str], pick: Pick) -> list[str]:
    ours, *peers = contenders
    return [
        name,
        *(figure_cell(row, contender, pick) for contender in contenders),
        *(ratio_cell(row, ours, peer, pick) for peer in peers),
    ]


def markdown(lines: Sequence[Sequence[str]], left: int = 1) -> str:
    """A table whose first line is its head; the first columns read left, the rest right."""
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * w if i < left else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    padded = (
        (cell.ljust(w) if i < left else cell.rjust(w)
         for i, (cell, w) in enumerate(zip(line, widths, strict=True)))
        for line in (lines[0], rule, *lines[1:])
    )
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)


def table(results: Results, contenders: Sequence[str], pick: Pick = wall) -> str:
    """Median (least to most) of each contender, and the peers' medians over the first's."""
    ours, *peers = contenders
    head = ["scenario", *contenders, *(f"{peer} / {ours}" for peer in peers)]
    lines = [cells(name, row, contenders, pick) for name, row in results.items()]
    return markdown([head, *lines, *geometric_means(results, contenders, pick)])


def listed(facts: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {said}" for name, said in facts)
