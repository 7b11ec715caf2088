"""Lines: a series each, labelled where it ends, with its spread as a band."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from iomodels.figures.canvas import (
    LABEL,
    MARGIN,
    SMALL,
    WIDTH,
    Colours,
    Sheet,
    dress,
    room,
    spread,
    step_above,
    step_below,
    width,
    wrapped,
)
from iomodels.figures.chart import Chart, Mark, Series
from iomodels.figures.number import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

HEIGHT = 230  # of the plot, where its labels need no more
ABOVE, BELOW = 26, 42  # the y axis' label, and the x axis' numbers and label
LINE = 13.0  # of a label
MOST = 130  # width of the labels at the lines' ends
FEW = 24  # points of every line, up to which each is marked
HALO = 1.8
GAP = 8.0  # between the labels of an axis, at least
OVER = 8.0  # how far labels may stand above the plot
DASHES = ("solid", (0, (6, 2.5)), (0, (1.5, 2)))  # of the series after as many as there are colours


@dataclass(frozen=True)
class Box:
    """The plot's edges, and what they stand for."""

    left: float
    top: float
    right: float
    bottom: float
    x: tuple[float, float]
    y: tuple[float, float]
    log_x: bool
    log_y: bool

    def across(self, x: float) -> float:
        return self.left + _share(x, self.x, self.log_x) * (self.right - self.left)

    def down(self, y: float) -> float:
        return self.bottom - _share(y, self.y, self.log_y) * (self.bottom - self.top)


def draw(chart: Chart, colours: Colours) -> "Figure":
    """The figure."""
    shown = [(number_, series, _points(series, chart)) for number_, series in enumerate(chart.series)]
    shown = [(number_, series, points) for number_, series, points in shown if points]
    levels = [mark.y for mark in chart.marks if mark.y is not None]
    x = _limits([x for *_, points in shown for x, *_ in points] + [at for at, _ in chart.ticks], chart.log_x, from_nought=False)
    y = _limits([y for *_, points in shown for _, *each in points for y in each] + levels, chart.log_y, from_nought=True)
    labels = [wrapped(series.label, MOST, LABEL) for _, series, _ in shown]
    height = max(HEIGHT, sum(LINE * len(label) + HALO for label in labels) - OVER)
    sheet = Sheet(chart, ABOVE + height + BELOW, colours)
    top = sheet.top + ABOVE
    left = MARGIN + room([number(each) for each in (*y, y[1] * 0.75)], SMALL) + 5
    right = WIDTH - MARGIN - room([line for label in labels for line in label], LABEL) - 10
    box = Box(left, top, right, top + height, x, y, chart.log_x, chart.log_y)
    axes = sheet.axes(box.left, box.top, box.right, box.bottom)
    _scales(axes, chart, box)
    marked = all(len(points) <= FEW for *_, points in shown)
    for each, series, points in shown:
        _line(axes, colours[f"series-{each % 8}"], each, points, banded=bool(series.low), marked=marked)
    sheet.write(MARGIN, sheet.top + 13, chart.y, "quiet", SMALL)
    sheet.write((box.left + box.right) / 2, box.bottom + 34, chart.x, "quiet", SMALL, anchor="center")
    _marks(sheet, axes, chart.marks, box, [[(box.across(x), box.down(y)) for x, y, *_ in points] for *_, points in shown])
    _ends(sheet, [(each % 8, points[-1]) for each, _, points in shown], labels, box)
    return sheet.figure


def _points(series: Series, chart: Chart) -> list[tuple[float, float, float, float]]:
    """x, y and y's spread of what can be shown: a logarithmic scale has no nought."""
    low = series.low or [y for _, y in series.points]
    high = series.high or [y for _, y in series.points]
    rows = [(x, y, least, most) for (x, y), least, most in zip(series.points, low, high, strict=True)]
    rows = [row for row in rows if all(map(math.isfinite, row))]
    return [row for row in rows if not (chart.log_x and row[0] <= 0) and not (chart.log_y and min(row[1:]) <= 0)]


def _limits(values: Sequence[float], log: bool, *, from_nought: bool) -> tuple[float, float]:
    low, high = min(values, default=1.0), max(values, default=10.0)
    if log:
        if not from_nought:
            return (low, high) if low < high else (low / 2, high * 2)
        return step_below(low), step_above(high * 1.05)
    if from_nought:
        return min(low, 0.0), max(high, 0.0) * 1.05 or 1.0
    return (low, high) if low < high else (low - 1, high + 1)


def _share(value: float, limits: tuple[float, float], log: bool) -> float:
    low, high = limits
    if log:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _scales(axes: "Axes", chart: Chart, box: Box) -> None:
    axes.set_xscale("log" if chart.log_x else "linear")
    axes.set_yscale("log" if chart.log_y else "linear")
    axes.set_xlim(*box.x)
    axes.set_ylim(*box.y)
    dress(axes.xaxis, *box.x, log=chart.log_x, most=6)
    dress(axes.yaxis, *box.y, log=chart.log_y, most=6)
    ticks = chart.ticks or _few(chart, box)
    if ticks:
        axes.set_xticks([at for at, _ in ticks], [words for _, words in ticks])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color=axes.spines["bottom"].get_edgecolor(), linewidth=0.8)


def _few(chart: Chart, box: Box) -> list[tuple[float, str]]:
    """The places where something was measured, if they are few enough to have a label each."""
    places = sorted({x for series in chart.series for x, _ in series.points if box.x[0] <= x <= box.x[1]})
    labels = [number(x) for x in places]
    wide = [width(label, SMALL) for label in labels]
    centres = [box.across(x) for x in places]
    apart = (
        right - left - (one + other) / 2 for (left, right), (one, other) in zip(pairwise(centres), pairwise(wide), strict=True)
    )
    return list(zip(places, labels, strict=True)) if all(gap > GAP for gap in apart) else []


def _line(
    axes: "Axes",
    colour: str,
    place: int,
    points: Sequence[tuple[float, float, float, float]],
    *,
    banded: bool,
    marked: bool,
) -> None:
    x, y, low, high = zip(*points, strict=True)
    if banded:
        axes.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
    marker = "o" if marked else None
    dash = DASHES[place // 8 % 3]
    axes.plot(x, y, color=colour, linewidth=2, linestyle=dash, marker=marker, markersize=4.5, clip_on=False, zorder=3)


def _marks(sheet: Sheet, axes: "Axes", marks: Sequence[Mark], box: Box, lines: Sequence[Sequence[tuple[float, float]]]) -> None:
    upright = 0
    for mark in marks:
        quiet = sheet.colours["quiet"]
        if mark.x is not None:
            axes.axvline(mark.x, color=quiet, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
            x, wide = box.across(mark.x), width(mark.label, SMALL)
            to_the_left = x + wide + 6 > box.right and x - wide - 6 > box.left
            sheet.write(
                x + (-4 if to_the_left else 4),
                box.top + 8 + upright * LINE,
                mark.label,
                "quiet",
                SMALL,
                anchor="right" if to_the_left else "left",
            )
            upright += 1
        elif mark.y is not None:
            axes.axhline(mark.y, color=quiet, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
            x, y = _free(box, box.down(mark.y), width(mark.label, SMALL), lines)
            sheet.write(x, y, mark.label, "quiet", SMALL)


def _free(box: Box, level: float, wide: float, lines: Sequence[Sequence[tuple[float, float]]]) -> tuple[float, float]:
    """Where the name of a level mark begins, and its baseline: above or below, where the lines are farthest."""
    steps = [box.left + 4 + share * (box.right - box.left - wide - 8) for share in (0, 0.25, 0.5, 0.75, 1)]

    def clear(place: tuple[float, float]) -> float:
        x, y = place
        heights = (_height(line, at) for line in lines for at in (x, x + wide / 2, x + wide))
        return min([LINE, *(abs(height - (y - 4)) for height in heights if height is not None)])

    return max(((x, y) for y in (level - 4, level + 12) for x in steps), key=clear)


def _height(line: Sequence[tuple[float, float]], x: float) -> float | None:
    """How far down a line of points on the sheet is at x."""
    for (x0, y0), (x1, y1) in pairwise(line):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0) if x1 > x0 else y0
    return None


def _ends(
    sheet: Sheet,
    ends: Sequence[tuple[int, tuple[float, float, float, float]]],
    labels: Sequence[Sequence[str]],
    box: Box,
) -> None:
    """Each line's label beside its last point; where two would overlap they make room, and a hair leads to each."""
    from matplotlib.lines import Line2D

    heights = [LINE * len(label) + HALO for label in labels]
    wanted = [box.down(y) for _, (_, y, *_) in ends]
    places = spread(wanted, heights, box.top - OVER, box.bottom)
    for (colour, (x, _, *_)), label, at, want in zip(ends, labels, places, wanted, strict=True):
        start = box.across(x) + 4
        if abs(at - want) > 3 or box.right - start > 8:
            fractions = [(start / WIDTH, (box.right + 7) / WIDTH), (1 - want / sheet.height, 1 - at / sheet.height)]
            hair = Line2D(*fractions, color=sheet.colours[f"series-{colour}"], linewidth=0.7, alpha=0.6)
            hair.set_transform(sheet.figure.transFigure)
            sheet.figure.add_artist(hair)
        first = at - LINE * (len(label) - 1) / 2 + 3.8
        for line, words in enumerate(label):
            sheet.write(box.right + 10, first + LINE * line, words, f"series-{colour}")
