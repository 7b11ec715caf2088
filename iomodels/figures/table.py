"""A chart's figures as a table, for those who want the numbers, or cannot see the lines."""

from iomodels.figures.chart import Chart
from iomodels.figures.number import number

__all__ = ["table"]

ABSENT = "-"


def table(chart: Chart) -> list[list[str]]:
    """The heading, and a row for each category or each x."""
    unit = f" ({chart.y})" if len(chart.series) == 1 else ""
    head = [chart.x, *(f"{series.label}{unit}" for series in chart.series)]
    columns = [dict(series.points) for series in chart.series]
    named = dict(chart.ticks)
    if chart.kind == "lines":
        places = sorted({x for column in columns for x in column})
        names = [named.get(x, number(x)) for x in places]
    else:
        places = [float(place) for place in range(len(chart.categories))]
        names = list(chart.categories)
    rows = [
        [name, *(number(column[place]) if place in column else ABSENT for column in columns)]
        for name, place in zip(names, places, strict=True)
    ]
    return [head, *rows]
