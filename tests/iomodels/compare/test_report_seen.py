"""The report in a browser, from file://, as a reader has it: on a phone, on a desk, in the light, in the dark, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from iomodels.compare import report
from tests.guide._browser import Heard, chromium, faint, listen
from tests.iomodels.compare.samples import RIVAL, findings

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

PHONE, DESK = 390, 1400  # widths of the window
# Words that are not read well on what is behind them: WCAG 2.2, 1.4.3. Figures have a measure of their own (`faint`).
PALE = """(enough) => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (value) => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const ground = (element) => {
    const colour = element ? numbers(getComputedStyle(element).backgroundColor) : [255, 255, 255];
    return colour.length < 4 || colour[3] === 1 ? colour : ground(element.parentElement);
  };
  return [...document.querySelectorAll("body :not(svg, svg *, script, style)")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => {
      const [low, high] = [numbers(getComputedStyle(element).color), ground(element)].map(luminance).sort((a, b) => a - b);
      return [(high + 0.05) / (low + 0.05), element.textContent.trim().slice(0, 40)];
    })
    .filter(([ratio]) => !(ratio >= enough));
}"""
CROWDED = """() => [...document.querySelectorAll("svg.drawn")].flatMap((figure) => {
  const edge = figure.getBoundingClientRect();
  const texts = [...figure.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
  const outside = texts.filter(([, box]) =>
    box.left < edge.left - 1 || box.right > edge.right + 1 || box.bottom > edge.bottom + 1);
  const over = texts.flatMap(([one, a], place) => texts.slice(place + 1)
    .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > a.height / 3)
    .map(([other]) => `${one} | ${other}`));
  return [...outside.map(([words]) => `${words} leaves the figure`), ...over];
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "compare.html"
    path.write_text(report.render(findings()), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, path: Path) -> Iterator[Page]:
    with browser.new_context(viewport={"width": DESK, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(path.as_uri())
        yield page


def test_it_says_nothing_to_anybody(browser: Browser, path: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        heard: Heard = listen(page)
        page.goto(path.as_uri())
        assert heard.requests == [path.as_uri()]
        assert heard.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_it_fits_and_is_read(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(PALE, 4.5) == []
    assert faint(page) == []
    assert page.evaluate(CROWDED) == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")


def test_a_click_on_a_heading_sorts_by_it(page: Page) -> None:
    table = page.locator(".ranking").first
    names = table.locator("tbody th")
    cheapest = names.first.inner_text()
    head = table.locator("thead th", has_text="us/request")
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(names.first).to_have_text("anyio/threads")
    head.get_by_role("button").click()
    expect(names.first).to_have_text(cheapest)
    table.locator("thead th", has_text="server").get_by_role("button").click()
    expect(names.first).to_contain_text("C, epoll")
    expect(names.last).to_have_text("trio/threads")
    other = page.locator(".ranking").nth(1).locator("thead th", has_text="us/request")
    expect(other).to_have_attribute("aria-sort", "ascending")


def test_a_part_can_be_folded_and_a_keyboard_does(page: Page) -> None:
    shown = page.get_by_text("Compare ratios, not microseconds")
    expect(shown).to_be_visible()
    summary = page.locator("#machine > summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(shown).to_be_hidden()


def test_the_users_server_stands_first_and_is_told_apart(page: Page) -> None:
    expect(page.locator("main > details").first).to_contain_text(RIVAL)
    assert page.locator("#yours").get_by_text("breaks the contract").is_visible()
    assert page.locator(".ranking tr.own").count() == 1


def test_on_paper_nothing_is_folded(page: Page) -> None:
    folded = page.locator("#machine td").first
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = false })")
    expect(folded).to_be_hidden()
    page.emulate_media(media="print")
    assert folded.evaluate("(element) => element.checkVisibility({contentVisibilityAuto: true}) && element.offsetHeight > 0")
    expect(page.locator("nav")).to_be_hidden()
