"""Draws a chart: a line a scenario, a colour a peer, a dot at the middle and a bar from least to most.

The same figures give the same file, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, count
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator
from matplotlib.typing import RcKeyType

from charts import Chart
from ratios import Spread
from tables import short

# Okabe and Ito's colours, told apart by people who see fewer; then again with another shape.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHAPES = "osD^"

INK, QUIET, BAND = "#24292f", "#6e7781", "#f4f5f7"
WIDTH, HEAD, FOOT, EDGE = 9.0, 0.62, 0.55, 0.2  # inches
NAMES, LETTER = 2.1, 0.075  # what the names left of the lines take at least, and a letter
SIGN, KEY = 0.5, 0.18  # what a colour takes over the lines, with the room beside it, and the height
LINE, DOT = 0.16, 0.105  # the height of a scenario: in any case, and for each of its dots

STYLE: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so it is the same everywhere
    "font.size": 9,
    "text.color": INK,
    "svg.hashsalt": "heartbeat",
    "path.simplify": False,
}


class Place(NamedTuple):
    """Where a line stands, from top to bottom, in inches."""

    name: str
    top: float
    height: float

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def places(chart: Chart) -> list[Place]:
    heights = {name: LINE + DOT * len(drawn) for name, drawn in chart.lines.items()}
    tops = accumulate(heights.values(), initial=0.0)
    return [Place(name, top, height) for (name, height), top in zip(heights.items(), tops, strict=False)]


def columns(chart: Chart) -> int:
    """How many colours with their names fit side by side."""
    each = SIGN + LETTER * max(map(len, chart.series))
    return min(len(chart.series), max(1, int((WIDTH - 2 * EDGE) / each)))


class Frame(NamedTuple):
    """The sizes of the whole picture, in inches."""

    head: float  # what stands above the lines
    lines: float
    names: float  # what stands left of them

    @classmethod
    def of(cls, chart: Chart) -> Frame:
        head = HEAD + KEY * -(-len(chart.series) // columns(chart))
        lines = sum(place.height for place in places(chart))
        return cls(head, lines, max(NAMES, EDGE + LETTER * max(map(len, chart.lines))))

    @property
    def height(self) -> float:
        return self.head + self.lines + FOOT

    @property
    def axes(self) -> tuple[float, float, float, float]:
        """Left, bottom, width, height, as shares of the picture."""
        return (self.names / WIDTH, FOOT / self.height, 1 - (self.names + EDGE) / WIDTH, self.lines / self.height)


# ---- how it looks ----

Looks = dict[str, int]  # by series: the number of its colour and shape


def looks_of(charts: Iterable[Chart]) -> Looks:
    """Who is in several charts looks the same in all, and like nobody else there."""
    groups = [chart.series for chart in charts]
    looks: Looks = {}
    for name in chain(*groups):
        taken = {looks[other] for group in groups if name in group for other in group if other in looks}
        looks.setdefault(name, next(number for number in count() if number not in taken))
    return looks


def colour(look: int) -> str:
    return COLOURS[look % len(COLOURS)]


def shape(look: int) -> str:
    return SHAPES[look // len(COLOURS) % len(SHAPES)]


# ---- drawing ----


def dots_of(chart: Chart, place: Place) -> Iterator[tuple[str, float, Spread]]:
    """The series, the height and the spread of every dot of a scenario."""
    drawn = chart.lines[place.name]
    shown = [name for name in chart.series if name in drawn]
    for nth, name in enumerate(shown):
        yield name, place.middle + (nth - (len(shown) - 1) / 2) * DOT, drawn[name]


def draw_lines(axes: Axes, chart: Chart, looks: Looks) -> None:
    for number, place in enumerate(places(chart)):
        if number % 2 == 0:
            axes.axhspan(place.top, place.top + place.height, color=BAND, linewidth=0, zorder=0)
        for name, height, (least, middle, most) in dots_of(chart, place):
            look = looks[name]
            axes.plot([least, most], [height, height], color=colour(look), alpha=0.45, linewidth=2.2,
                      solid_capstyle="round", zorder=3)
            axes.plot(middle, height, shape(look), color=colour(look), markersize=5.2,
                      markeredgecolor="white", markeredgewidth=0.6, zorder=4)


def range_of(chart: Chart) -> tuple[float, float]:
    """A little more than all bars; on both sides of a border at 1 there is room for its words."""
    spreads = [spread for drawn in chart.lines.values() for spread in drawn.values()]
    low, high = min(s.least for s in spreads) / 1.25, max(s.most for s in spreads) * 1.25
    if chart.against:
        low, high = min(low, 0.8), max(high, 1.25)
        high = max(high, low**-0.27)  # in logarithms: a share of the other side
        low = min(low, high**-0.2)
    return low, high


def set_scale(axes: Axes, chart: Chart) -> None:
    """As many round numbers on the axis as fit."""
    low, high = range_of(chart)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 5000 else (1, 3), numticks=40))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    sign = "×" if chart.against else ""
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value) + sign))
    axes.set_xlabel(chart.scale, color=QUIET, fontsize=8.5, labelpad=6)


def set_names(axes: Axes, chart: Chart) -> None:
    found = places(chart)
    axes.set_ylim(sum(place.height for place in found), 0)
    axes.set_yticks([place.middle for place in found], [place.name for place in found])
    axes.tick_params(axis="both", length=0, pad=6, labelcolor=INK)
    axes.grid(axis="x", color="#d8dee4", linewidth=0.6, zorder=1)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)


def draw_border(axes: Axes, chart: Chart) -> None:
    """The line at 1, and what it parts."""
    axes.axvline(1, color=INK, linewidth=1.1, zorder=2)
    for side, text, offset in (("left", f"{chart.against} needs less →", 6), ("right", "← needs more", -6)):
        axes.annotate(text, (1, 1), xycoords=("data", "axes fraction"), xytext=(offset, 4),
                      textcoords="offset points", ha=side, va="bottom", fontsize=8, color=QUIET,
                      annotation_clip=False)


def draw_head(figure: Figure, chart: Chart, looks: Looks) -> None:
    """The title, and what the colours mean."""
    left, inch = EDGE / WIDTH, 1 / figure.get_figheight()
    figure.text(left, 1 - 0.12 * inch, chart.title, fontsize=12, fontweight="bold", va="top")
    keys = [Line2D([], [], color=colour(looks[name]), marker=shape(looks[name]), markersize=5.5,
                   linewidth=2.2, label=name) for name in chart.series]
    figure.legend(handles=keys, loc="upper left", bbox_to_anchor=(left, 1 - 0.37 * inch), ncol=columns(chart),
                  frameon=False, fontsize=9, handlelength=1.3, columnspacing=1.6, borderaxespad=0, borderpad=0)


def figure_of(chart: Chart, looks: Looks) -> Figure:
    frame = Frame.of(chart)
    figure = Figure(figsize=(WIDTH, frame.height), facecolor="white")
    axes = figure.add_axes(frame.axes)
    draw_lines(axes, chart, looks)
    set_scale(axes, chart)
    set_names(axes, chart)
    if chart.against:
        draw_border(axes, chart)
    draw_head(figure, chart, looks)
    return figure


def draw(chart: Chart, looks: Looks, file: Path) -> None:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        figure_of(chart, looks).savefig(file, format="svg", metadata={"Date": None, "Creator": None})
