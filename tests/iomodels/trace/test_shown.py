"""How a timeline is shown: text, JSON, figure."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest

from iomodels.trace import document, figure, text
from iomodels.trace.timeline import Timeline
from tests.iomodels.trace.samples import SAMPLE

SVG = "{http://www.w3.org/2000/svg}"
SIZES = {"call": (6.62, 9.0), "fine": (5.9, 8.0), "title": (8.4, 12.0), "strong": (6.3, 9.0)}  # of a letter, by class


# Text.


def test_text_fits_a_terminal_of_100_columns_and_tells_all() -> None:
    shown = text.render(SAMPLE)
    assert max(map(len, shown.splitlines())) <= 100
    assert "sockets/made-up --service upper --pause 0" in shown
    assert re.search(r"^ +200  thread 1 +19,810 +12  recvfrom\(6<A>.* = 3$", shown, re.MULTILINE)
    assert re.search(r"^ +150  main .*  accept4\(3<listener>, .*\.\.\.\) = -1 EAGAIN$", shown, re.MULTILINE)
    assert re.search(r"^ +20,000  A sends$", shown, re.MULTILINE)
    assert re.search(r"^copying +52 us  sendto 40 us, recvfrom 12 us$", shown, re.MULTILINE)
    assert re.search(r"^calls +14  accept4 8, recvfrom 4, sendto 2$", shown, re.MULTILINE)
    assert re.search(r"^a request +2  recvfrom 1, sendto 1 ", shown, re.MULTILINE)


def test_text_has_colours_only_when_asked() -> None:
    assert "\x1b[" not in text.render(SAMPLE)
    assert "\x1b[34m" in text.render(SAMPLE, colour=True)


def test_the_last_line_says_who_waited_for_whom() -> None:
    assert text.verdict(SAMPLE) == "B waited until A left: 20.9 ms, in the backlog."
    accepted = replace(SAMPLE, backlog=False)
    assert text.verdict(accepted) == "B waited until A left: 20.9 ms, accepted, and not read from."
    first = [replace(mark, at=40_200) if (mark.client, mark.does) == ("B", "is answered") else mark for mark in SAMPLE.marks]
    assert text.verdict(replace(SAMPLE, marks=first)) == "B was answered before A left, 180 us after it had sent."


DURATIONS = {0: "0 us", 999: "999 us", 1000: "1.0 ms", 99_949: "99.9 ms", 123_400: "123 ms"}


@pytest.mark.parametrize(("micros", "words"), DURATIONS.items())
def test_durations(micros: int, words: str) -> None:
    assert text.duration(micros) == words


# JSON.


def test_json_comes_back_as_it_went() -> None:
    written = document.dump(SAMPLE)
    assert json.loads(written)["schema_version"] == document.SCHEMA_VERSION
    assert document.dump(document.load(written)) == written
    assert document.load(written).events == list(SAMPLE.events)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not the JSON of a trace"),
        ("{}", "without 'schema_version'"),
        (document.dump(SAMPLE).replace('"schema_version": 1', '"schema_version": 99'), "schema_version is 99"),
        (document.dump(SAMPLE).replace('"kind": "submits"', '"kind": "dances"'), "'dances'"),
        (document.dump(SAMPLE).replace('"lane": 1', '"lane": 7'), "not the JSON of a trace"),
        (document.dump(SAMPLE).replace('"leaves"', '"stays"'), "without 'A leaves'"),
        (document.dump(SAMPLE).replace('"aside"', '"besides"'), "not the JSON of a trace"),
    ],
)
def test_json_of_something_else_is_refused(broken: str, reason: str) -> None:
    with pytest.raises(document.DocumentError, match=re.escape(reason)):
        document.load(broken)


# Figure.


def test_the_figure_is_well_formed_and_described() -> None:
    drawn = ET.fromstring(figure.render(SAMPLE))
    title, description = drawn.find(f"{SVG}title"), drawn.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert drawn.attrib["role"] == "img"
    assert drawn.attrib["aria-labelledby"] == f"{title.attrib['id']} {description.attrib['id']}"
    assert description.text is not None
    assert "B waited until A left" in description.text


def test_the_figure_names_the_calls_and_their_times() -> None:
    words = [element.text for element in ET.fromstring(figure.render(SAMPLE)).iter(f"{SVG}text")]
    assert {"main", "thread 1", "waits 20.0 ms", "copies 12 us", "clone3", "SIGIO", "5 times, 50.0 ms:"} <= set(words)
    assert {"waiting", "copying", "handed to the kernel", "asking again and again"} <= set(words)


def test_two_figures_on_a_page_share_no_id() -> None:
    ids = re.findall(r' id="([^"]+)"', figure.render(SAMPLE)) + re.findall(
        r' id="([^"]+)"', figure.render(replace(SAMPLE, variant="trio/made-up"))
    )
    assert len(ids) == len(set(ids)) > 4
    for used in re.findall(r"url\(#([^)]+)\)", figure.render(SAMPLE)):
        assert used in ids


def test_no_words_lie_on_others() -> None:
    assert_no_overlap(SAMPLE)


def test_longer_is_higher_on_the_one_scale() -> None:
    assert height(fifty_times_longer(SAMPLE)) > height(SAMPLE)


def fifty_times_longer(timeline: Timeline) -> Timeline:
    marks = [replace(mark, at=mark.at * 50, done=mark.done * 50) for mark in timeline.marks]
    events = [replace(e, at=e.at * 50, took=e.took * 50, waited=e.waited * 50, copied=e.copied * 50) for e in timeline.events]
    return replace(timeline, marks=marks, events=events)


def height(timeline: Timeline) -> float:
    return float(ET.fromstring(figure.render(timeline)).attrib["viewBox"].split()[3])


def assert_no_overlap(timeline: Timeline) -> None:
    """Every text lies within the figure and on no other; widths are estimated a little generously."""
    drawn = ET.fromstring(figure.render(timeline))
    _, _, width, total = map(float, drawn.attrib["viewBox"].split())
    boxes = list(text_boxes(drawn))
    for left, top, right, bottom, words in boxes:
        assert left >= 0, words
        assert top >= 0, words
        assert right <= width, words
        assert bottom <= total, words
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, f"{one} lies on {other}"


def text_boxes(drawn: ET.Element) -> Iterator[tuple[float, float, float, float, str]]:
    for element in drawn.iter(f"{SVG}text"):
        css, words = element.attrib.get("class", ""), element.text or ""
        letter, size = SIZES.get(css, (5.6, 8.5))
        width, x, y = letter * len(words), float(element.attrib["x"]), float(element.attrib["y"])
        left = x - {"end": width, "middle": width / 2}.get(element.attrib.get("text-anchor", ""), 0)
        yield left, y - size, left + width, y + 1.5, words
