"""Bars, lying: a category each, its name on the left and its figure at the end; several series stand together or stacked."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from iomodels.figures.canvas import LABEL, MARGIN, SMALL, WIDTH, Colours, Sheet, dress, room, step_below, width, wrapped
from iomodels.figures.chart import Chart, Mark, Series
from iomodels.figures.number import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

BAR, APART = 15.0, 9.0  # a bar, and the gap between categories
THIN = 12.5  # a bar that has others beside it
LINE = 13.0
BELOW = 38  # the axis' numbers and label
MOST = 190  # width of the categories' names
LEGEND = 18.0


def draw(chart: Chart, colours: Colours) -> "Figure":
    """The figure."""
    stacked = chart.kind == "stacked"
    series = [_values(each, len(chart.categories)) for each in chart.series]
    thick = BAR if stacked or len(series) == 1 else THIN
    names = [wrapped(category, MOST, LABEL) for category in chart.categories]
    heights = [max(thick * (1 if stacked else len(series)), LINE * len(name)) + APART for name in names]
    legend = _legend(chart) if len(series) > 1 else []
    above = LEGEND * len(legend) + 4 + (LINE if chart.marks else 0)
    sheet = Sheet(chart, above + sum(heights) + BELOW, colours)
    top = sheet.top + above
    ends = [sum(values) for values in zip(*series, strict=True)] if stacked else [value for each in series for value in each]
    left = MARGIN + room([line for name in names for line in name], LABEL) + 8
    right = WIDTH - MARGIN - room([number(end) for end in ends], SMALL) - 8
    axes = sheet.axes(left, top, right, top + sum(heights))
    axes.set_ylim(sum(heights) or 1, 0)
    _scale(axes, chart, ends)
    _draw_legend(sheet, legend)
    y = 0.0
    for category, (name, height) in enumerate(zip(names, heights, strict=True)):
        middle = y + height / 2
        for line, words in enumerate(name):
            baseline = top + middle + LINE * (line - (len(name) - 1) / 2) + 3.8
            sheet.write(left - 7, baseline, words, anchor="right")
        first = middle - thick * (1 if stacked else len(series)) / 2 + thick / 2
        before = 0.0
        for place, values in enumerate(series):
            at, value, colour = first if stacked else first + thick * place, values[category], colours[f"series-{place % 8}"]
            begin = max(before, axes.get_xlim()[0])  # on a logarithmic axis nought lies infinitely far to the left
            long = max(0.0, before + value - begin)
            axes.barh(at, long, height=thick - (2 if thick == BAR else 1), left=begin, color=colour, linewidth=0)
            if stacked:
                before += value
                continue
            _spread(axes, chart.series[place], category, at, colours)
            _figure_at(axes, _far(chart.series[place], category, value), at, number(value), colours)
        if stacked:
            _figure_at(axes, before, first, number(before), colours)
        y += height
    _marks(sheet, axes, chart.marks, (left, right, top))
    sheet.write((left + right) / 2, top + sum(heights) + 32, chart.y, "quiet", SMALL, anchor="center")
    return sheet.figure


def _values(series: Series, categories: int) -> list[float]:
    known = {round(x): y for x, y in series.points if math.isfinite(y)}
    return [known.get(category, 0.0) for category in range(categories)]


def _far(series: Series, category: int, value: float) -> float:
    """Where the bar's figure may stand: beyond the whisker."""
    spread = {round(x): high for (x, _), high in zip(series.points, series.high, strict=False)}
    return max(value, spread.get(category, value))


def _scale(axes: "Axes", chart: Chart, ends: Sequence[float]) -> None:
    known = [end for end in ends if end > 0]
    known += [high for series in chart.series for high in series.high] if chart.kind == "bars" else []
    known += [mark.y for mark in chart.marks if mark.y is not None]
    high = max(known, default=1.0) * 1.02
    low = step_below(min(known, default=1.0) / 1.5) if chart.log_y else 0.0
    axes.set_xscale("log" if chart.log_y else "linear")
    axes.set_xlim(low, high)
    dress(axes.xaxis, low, high, log=chart.log_y, most=5)
    axes.set_yticks([])
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="x", color=axes.spines["left"].get_edgecolor(), linewidth=0.8)


def _spread(axes: "Axes", series: Series, category: int, at: float, colours: Colours) -> None:
    for (x, _), low, high in zip(series.points, series.low, series.high, strict=False):
        if round(x) == category:
            axes.plot((low, high), (at, at), color=colours["ink"], linewidth=1.2, solid_capstyle="butt", zorder=4)
            axes.plot((low, high), (at, at), color=colours["ink"], linestyle="none", marker="|", markersize=5, zorder=4)


def _figure_at(axes: "Axes", value: float, at: float, words: str, colours: Colours) -> None:
    axes.annotate(
        words,
        (max(value, axes.get_xlim()[0]), at),
        (5, 0),
        textcoords="offset points",
        va="center_baseline",
        fontsize=SMALL,
        color=colours["ink"],
    )


def _legend(chart: Chart) -> list[list[tuple[float, int, str]]]:
    """The series' names in rows: where each begins, its number, its name."""
    rows: list[list[tuple[float, int, str]]] = [[]]
    x = float(MARGIN)
    for place, series in enumerate(chart.series):
        taken = 16 + width(series.label, SMALL) + 14
        if rows[-1] and x + taken > WIDTH - MARGIN:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, place, series.label))
        x += taken
    return rows


def _draw_legend(sheet: Sheet, legend: Sequence[Sequence[tuple[float, int, str]]]) -> None:
    from matplotlib.patches import Rectangle

    for line, row in enumerate(legend):
        y = sheet.top + LEGEND * line + 12
        for x, place, words in row:
            corner = (x / WIDTH, 1 - y / sheet.height)
            swatch = Rectangle(corner, 11 / WIDTH, 9 / sheet.height, color=sheet.colours[f"series-{place % 8}"], linewidth=0)
            swatch.set_transform(sheet.figure.transFigure)
            sheet.figure.add_artist(swatch)
            sheet.write(x + 16, y, words, size=SMALL)


def _marks(sheet: Sheet, axes: "Axes", marks: Sequence[Mark], edges: tuple[float, float, float]) -> None:
    """Values that all bars are held against; their names stand above them."""
    left, right, top = edges
    for mark in marks:
        if mark.y is not None:
            axes.axvline(mark.y, color=sheet.colours["quiet"], linewidth=1, linestyle=(0, (4, 3)), zorder=2.5)
            share = axes.transAxes.inverted().transform(axes.transData.transform((mark.y, 0)))[0]
            half = width(mark.label, SMALL) / 2
            middle = min(max(left + share * (right - left), MARGIN + half), WIDTH - MARGIN - half)
            sheet.write(middle, top - 4, mark.label, "quiet", SMALL, anchor="center")
