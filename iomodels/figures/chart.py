"""What a chart shows, as data: it is kept as JSON beside the figure, and drawn from it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Chart", "Mark", "Series"]


@dataclass(frozen=True)
class Series:
    """One line of a chart, or the bars of one colour.

    points: (x, y) each; in a bar chart x is the number of the bar's category. low, high: the spread of each y, or empty.
    """

    label: str
    points: Sequence[tuple[float, float]]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True)
class Mark:
    """A line across the chart where something happens: at `x` (upright) or at `y` (level), one of them."""

    label: str
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True)
class Chart:
    """What is drawn.

    name: unique in a page, letters, digits and hyphens. title, description: one sentence each, for those who see it and those
    who do not. x, y: the axes' labels with their units. categories: of a bar chart, in order. ticks: where the x axis has a
    label, and which; the scale's own numbers without them.
    """

    name: str
    title: str
    description: str
    x: str
    y: str
    series: Sequence[Series]
    kind: Literal["lines", "bars", "stacked"] = "lines"
    categories: Sequence[str] = ()
    log_x: bool = False
    log_y: bool = False
    marks: Sequence[Mark] = ()
    ticks: Sequence[tuple[float, str]] = ()
