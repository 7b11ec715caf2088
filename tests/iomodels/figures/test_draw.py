"""What is drawn of a chart: bytes, texts, colours; that it is seen well is test_seen.py's affair."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guide.ext.figures import inlined
from iomodels.figures.canvas import spread, step_above, step_below, wrapped
from iomodels.figures.chart import Chart, Series
from iomodels.figures.draw import CIPHERS, DARK, LIGHT, PALETTE, render
from tests.iomodels.figures.charts import ALL, BARS, LINES, STACKED

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: chart.kind)
def test_the_same_chart_is_the_same_bytes(chart: Chart) -> None:
    first = render(chart)
    render(LINES)
    mpl.rcParams["axes.linewidth"] = 30  # as a matplotlibrc of the user's may say
    try:
        assert render(chart) == first
        assert mpl.rcParams["axes.linewidth"] == 30
    finally:
        mpl.rcdefaults()
    assert not re.search(r"dc:date|matplotlib|<metadata", first)


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: chart.kind)
def test_it_is_announced_as_an_image_with_title_and_description(chart: Chart) -> None:
    root = ET.fromstring(render(chart))
    named = {element.get("id"): element.text for element in root if element.tag in (f"{SVG}title", f"{SVG}desc")}
    assert root.get("role") == "img"
    assert [named[each] for each in root.attrib["aria-labelledby"].split()] == [chart.title, chart.description]


def test_every_label_is_there_as_text() -> None:
    said = " ".join(texts(render(LINES)))
    for words in (
        LINES.title,
        LINES.x,
        LINES.y,
        "FD_SETSIZE",
        "an empty loop",
        "1,000",
        *(each.label for each in LINES.series),
    ):
        assert words in said
    said = " ".join(texts(render(BARS)))
    for words in (*BARS.categories, "7", "12.3", "52", "us of CPU per request"):
        assert words in said
    assert {"waiting", "copying", "100", "95"} <= set(texts(render(STACKED)))


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: chart.kind)
def test_no_colour_is_left_that_does_not_follow_the_scheme(chart: Chart) -> None:
    svg = render(chart)
    style, _, body = svg.partition("</style>")
    assert not re.search(r"#[0-9a-f]{6}\b", body)
    assert not re.search(r"rgb|DejaVu", body)
    used = set(re.findall(r"var\(--([\w-]+)\)", body))
    assert used <= CIPHERS.keys()
    for name in used:
        assert len(re.findall(rf"--{name}:", style)) == 2, name  # light and dark


def test_ids_are_unique_in_a_page_and_refer_to_what_is_there() -> None:
    page = "".join(map(render, ALL))
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', page)) <= {(each, "") for each in ids} | {
        ("", each) for each in ids
    }


def test_the_guide_can_put_it_into_a_page() -> None:
    html = inlined(render(LINES), "figure-1")
    assert html.count(' class="drawn figure-1"') == 1
    assert 'html[data-theme="dark"] .drawn.figure-1' in html


def test_what_a_logarithm_does_not_have_is_left_out() -> None:
    series = [Series("a", [(0, 0), (1, 1), (10, 10)]), Series("b", [(1, float("nan")), (10, float("inf"))])]
    said = texts(render(replace(LINES, series=series, log_x=True, log_y=True, marks=())))
    assert "a" in said
    assert "b" not in said
    assert "0" in texts(render(replace(BARS, series=[Series("CPU", [(0, 0.0), (1, 5.0)])], log_y=True, marks=())))


@pytest.mark.parametrize("kind", ["lines", "bars", "stacked"])
def test_a_chart_of_nothing_is_drawn(kind: str) -> None:
    svg = render(replace(STACKED, kind=kind, series=[Series("a", [])], categories=()))  # type: ignore[arg-type]
    assert STACKED.title in texts(svg)


def test_ticks_stand_where_they_are_said_to() -> None:
    said = texts(render(replace(LINES, ticks=[(1, "one"), (1000, "a thousand")])))
    assert {"one", "a thousand"} <= set(said)
    assert "1,000" not in said


def luminance(colour: str) -> float:
    values = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("side", "scheme"), [(0, LIGHT), (1, DARK)], ids=["light", "dark"])
def test_colours_are_read_on_their_ground(side: int, scheme: str) -> None:
    named = dict(re.findall(r"--(\w+):(?:var\([\w-]+,)?(#\w+)", scheme))
    ground = "#ffffff" if named["ground"] == "#fff" else named["ground"]
    for colour in (named["ink"], named["quiet"], *(pair[side] for pair in PALETTE)):
        low, high = sorted((luminance(colour), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, colour


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(1, 9)), min_size=1, max_size=11))
def test_labels_make_room_for_each_other(wanted: list[tuple[float, float]]) -> None:
    heights = [height for _, height in wanted]
    places = spread([at for at, _ in wanted], heights, 0, 100)
    order = sorted(zip(places, heights, strict=True))
    for (upper, upper_height), (lower, lower_height) in pairwise(order):
        assert lower - upper >= (upper_height + lower_height) / 2 - 1e-6
    assert order[0][0] - order[0][1] / 2 >= -1e-6
    assert order[-1][0] + order[-1][1] / 2 <= 100 + 1e-6


def test_a_label_that_has_room_stays_where_it_is() -> None:
    assert spread([80, 10, 12], [6, 6, 6], 0, 100) == [80, 8, 14]


@given(st.floats(1e-9, 1e12))
def test_steps_enclose_a_value(value: float) -> None:
    low, high = step_below(value), step_above(value)
    assert low * (1 - 1e-6) <= value <= high * (1 + 1e-6)
    assert high / low <= 2.5 * (1 + 1e-6)


def test_a_text_is_broken_between_words_alone() -> None:
    assert wrapped("one two three", 40, 11) == ["one", "two", "three"]
    assert wrapped("one two three", 400, 11) == ["one two three"]
