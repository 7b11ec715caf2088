"""What both kinds of chart stand on: a sheet measured in units of the SVG, its heading, and how wide a text is."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from iomodels.figures.chart import Chart
from iomodels.figures.number import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = [
    "LABEL",
    "MARGIN",
    "SMALL",
    "WIDTH",
    "Colours",
    "Sheet",
    "dress",
    "room",
    "spread",
    "step_above",
    "step_below",
    "width",
    "wrapped",
]

WIDTH = 460
MARGIN = 8
TITLE, LABEL, SMALL = 13.5, 11.0, 10.5  # sizes of type
TITLE_LINE, LABEL_LINE = 18.0, 15.0

Colours = Mapping[str, str]


class Sheet:
    """A figure of a certain height, with its title; what is below that is the caller's, from `top` on. Down is positive."""

    def __init__(self, chart: Chart, below: float, colours: Colours) -> None:
        from matplotlib.figure import Figure

        title = wrapped(chart.title, WIDTH - 2 * MARGIN, TITLE, "bold")
        self.top = 6 + TITLE_LINE * len(title)
        self.height = round(self.top + below)
        self.colours = colours
        self.figure = Figure(figsize=(WIDTH / 72, self.height / 72), facecolor=colours["ground"])
        for line, words in enumerate(title, 1):
            self.write(MARGIN, 2 + TITLE_LINE * line - 3, words, size=TITLE, weight=600)

    def write(
        self, x: float, y: float, words: str, colour: str = "ink", size: float = LABEL, weight: int = 400, anchor: str = "left"
    ) -> None:
        """A text whose baseline is at `y`."""
        self.figure.text(
            x / WIDTH, 1 - y / self.height, words, color=self.colours[colour], fontsize=size, fontweight=weight, ha=anchor
        )

    def axes(self, left: float, top: float, right: float, bottom: float) -> "Axes":
        """Axes between these edges."""
        place = (left / WIDTH, 1 - bottom / self.height, (right - left) / WIDTH, (bottom - top) / self.height)
        axes = self.figure.add_axes(place, facecolor="none")
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_color(self.colours["line"])
        axes.tick_params(colors=self.colours["quiet"], labelsize=SMALL, length=0, pad=5)
        axes.set_axisbelow(True)
        return axes


def width(words: str, size: float, weight: str = "normal") -> float:
    """How wide a text is at most: the typefaces that are shown are narrower than the one that is measured."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=["DejaVu Sans"], size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(words, font, ismath=False)[0])


def wrapped(words: str, most: float, size: float, weight: str = "normal") -> list[str]:
    """A text in lines of a certain width."""
    lines: list[str] = []
    for word in words.split():
        if lines and width(f"{lines[-1]} {word}", size, weight) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def room(texts: Sequence[str], size: float) -> float:
    """The width of the widest."""
    return max((width(text, size) for text in texts), default=0.0)


def spread(wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """Where things of these heights, centred, stand below each other: as near to where they want to be as they may."""
    order = sorted(range(len(wanted)), key=lambda each: (wanted[each], each))
    # Neighbours that would overlap become one block, which stands where the mean of its members wants to be.
    blocks: list[tuple[list[int], float]] = []
    for each in order:
        block, centre = [each], _within(wanted[each], heights[each], top, bottom)
        while blocks and blocks[-1][1] + _tall(blocks[-1][0], heights) / 2 > centre - _tall(block, heights) / 2:
            block = blocks.pop()[0] + block
            centre = _within(sum(_wishes(block, wanted, heights)) / len(block), _tall(block, heights), top, bottom)
        blocks.append((block, centre))
    places = [0.0] * len(wanted)
    for block, centre in blocks:
        y = centre - _tall(block, heights) / 2
        for each in block:
            places[each] = y + heights[each] / 2
            y += heights[each]
    return places


def _tall(block: Sequence[int], heights: Sequence[float]) -> float:
    return sum(heights[each] for each in block)


def _wishes(block: Sequence[int], wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Where the block's centre would be if each of its members were where it wants to be."""
    tall, above, wishes = _tall(block, heights), 0.0, []
    for each in block:
        wishes.append(wanted[each] + tall / 2 - above - heights[each] / 2)
        above += heights[each]
    return wishes


def _within(centre: float, tall: float, top: float, bottom: float) -> float:
    return max(min(centre, bottom - tall / 2), top + tall / 2)


def step_below(value: float) -> float:
    """1, 2 or 5 times a power of ten: the greatest that is not more."""
    power = 10.0 ** math.floor(math.log10(value))
    return max((step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)), default=power)


def step_above(value: float) -> float:
    """The least of them that is not less."""
    power = 10.0 ** math.floor(math.log10(value))
    return min(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))


def dress(axis: "Axis", low: float, high: float, log: bool, most: int) -> None:
    """Scale and ticks of an axis: at most so many, and their labels are numbers that people read."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    if log:
        narrow = high / low < 200
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,), numticks=9 if narrow else most + 2))
    else:
        axis.set_major_locator(MaxNLocator(most, steps=(1, 2, 2.5, 5, 10)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
