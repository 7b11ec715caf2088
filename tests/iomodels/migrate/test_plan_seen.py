"""A migration plan in a browser, from file://, as a reader has it: on a phone, on a desk, in light, in dark, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from iomodels.migrate.plan import plan
from iomodels.migrate.sources import Sources
from tests.guide._browser import Heard, chromium, faint, listen
from tests.iomodels.compare.test_report_seen import PALE
from tests.iomodels.migrate.planning import RULES, move, tree

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

PHONE, DESK = 390, 1400  # widths of the window
CUT = """() => [...document.querySelectorAll("pre, p, li, summary")]
  .filter((each) => each.checkVisibility() && getComputedStyle(each).display !== "inline")
  .filter((each) => each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.textContent.slice(0, 60))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    path = folder / "plan.html"
    path.write_text(plan(tree(folder), RULES, Sources(), move), encoding="utf-8")
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
        page.get_by_role("tab", name="trio").first.click()
        assert heard.requests == [path.as_uri()]
        assert heard.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_it_fits_and_is_read(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CUT) == []
    assert page.evaluate(PALE, 4.5) == []
    assert faint(page) == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")


def test_a_tab_chooses_the_library_for_the_whole_page_and_stays_where_it_is(page: Page) -> None:
    panels = page.locator("#order .panel")
    shown = panels.filter(visible=True)
    assert {each.get_attribute("data-library") for each in shown.all()} == {"asyncio"}
    tab = page.locator("#order").get_by_role("tab", name="anyio").last
    tab.scroll_into_view_if_needed()
    before = tab.bounding_box()
    tab.click()
    after = tab.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) <= 1
    assert {each.get_attribute("data-library") for each in shown.all()} == {"anyio"}
    expect(page.get_by_role("tab", selected=True).first).to_have_text("anyio")
    expect(page.locator("#today .panel").filter(visible=True)).to_contain_text("--to anyio")


def test_the_arrow_keys_go_from_tab_to_tab(page: Page) -> None:
    page.locator("#today [role=tab][data-library=asyncio]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#today [role=tab][data-library=anyio]")).to_be_focused()
    expect(page.locator("html")).to_have_attribute("data-library", "anyio")
    page.keyboard.press("ArrowRight")
    expect(page.locator("html")).to_have_attribute("data-library", "asyncio")


def test_a_link_to_what_is_folded_unfolds_it(page: Page) -> None:
    hazard = page.locator("#IOM201 .beside")
    page.locator("#before > summary").click()
    page.locator("#order .fold").click()
    expect(hazard).to_be_hidden()
    expect(page.locator("#order .beside").first).to_be_hidden()
    page.locator("#order .fold").click()
    page.locator("#order a[href='#IOM201']").first.click()
    expect(hazard).to_be_visible()
    server = page.locator("#part-2 .beside")
    page.locator("#part-2 > summary").click()
    expect(server).to_be_hidden()
    page.locator("#order a[href='#part-2']").filter(visible=True).click()
    expect(server).to_be_visible()


def test_on_paper_there_are_all_three_libraries_and_nothing_is_folded(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = false })")
    page.emulate_media(media="print")
    panels = page.locator("#order .panel[data-library=trio]")
    visible = "(element) => element.checkVisibility({contentVisibilityAuto: true}) && element.offsetHeight > 0"
    assert all(each.evaluate(visible) for each in panels.all())
    expect(page.locator("nav")).to_be_hidden()
    expect(page.get_by_role("tab").first).to_be_hidden()


def test_without_a_script_all_three_stand_below_each_other(browser: Browser, path: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        card = page.locator("#order .card").first
        for library in ("asyncio", "trio", "anyio"):
            expect(card.locator(f".panel[data-library={library}]")).to_be_visible()
        expect(page.locator(".fold")).to_be_hidden()
