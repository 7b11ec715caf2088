"""The built guide in a browser, from file://, as a reader has it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect

from tests.guide._browser import Heard, cells, chromium, faint, frame, listen, shown, sideways, themed
from tests.guide.conftest import Site

# The first test waits for all pages.
pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]

PHONE, LAPTOP, DESK = 390, 1100, 1600  # widths of the window
LIBRARIES = ["asyncio", "trio", "anyio"]
COLUMNS = ["classic", *LIBRARIES]
HIGHLIGHT = """() => [...document.querySelectorAll(".pair-code .pair-cell")].filter((cell) => cell.checkVisibility())
  .map((cell) => [cell.closest(".pair-section").dataset.step, cell.dataset.library, getComputedStyle(cell).backgroundColor])"""
FOCUS = """() => {
  const element = document.activeElement, seen = element.type === "radio" ? element.nextElementSibling : element;
  const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(seen);
  const ring = (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  const box = seen.getBoundingClientRect();
  return ring && seen.checkVisibility() && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A reader who comes for the first time, in the light."""
    with browser.new_context(viewport={"width": LAPTOP, "height": 900}, color_scheme="light") as opened:
        opened.set_default_timeout(10_000)
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@dataclass
class Visit:
    """A page, loaded once, and what it was like at each width and in each mode."""

    heard: Heard
    phone: dict[str, Any]
    desk: dict[str, Any]
    rows: list[list[dict[str, Any]]]
    faint: dict[str, list[str]]


def source_name(site: Site, path: Path) -> str:
    """The name of the file that a page shows, or nothing."""
    source = site.html / "source"
    return str(path.relative_to(source)).removesuffix(".html") if path.is_relative_to(source) else ""


def visited(site: Site) -> list[Path]:
    """Every page; but of those that show a file, one for each depth and kind of file: that with the longest line."""
    pages, samples = [], dict[tuple[int, str], tuple[int, Path]]()
    for path in site.pages:
        name = source_name(site, path)
        if name:
            text = re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8"))
            found = max(map(len, text.splitlines())), path
            kind = name.count("/"), Path(name).suffix
            samples[kind] = max(samples.get(kind, found), found)
        else:
            pages.append(path)
    return pages + [path for _, path in samples.values()]


@pytest.fixture(scope="module")
def visits(browser: Browser, site: Site) -> dict[str, Visit]:
    """All pages, by their addresses within the guide: as on a phone, then as on a desk."""
    found = {}
    with browser.new_context(viewport={"width": PHONE, "height": 800}) as context:
        page = context.new_page()
        heard = listen(page)
        for path in visited(site):
            page.set_viewport_size({"width": PHONE, "height": 800})
            page.goto(path.as_uri())
            phone = sideways(page)
            colours = {theme: themed(page, theme) for theme in ("light", "dark")}
            page.set_viewport_size({"width": DESK, "height": 900})
            if page.locator(".pair").count():
                page.wait_for_function("document.querySelector('.pair').dataset.columns === '4'")
            found[str(path.relative_to(site.html))] = Visit(heard.taken(), phone, sideways(page), cells(page), colours)
    return found


def test_pages_of_source_differ_in_their_text_alone(site: Site) -> None:
    named = [(path, source_name(site, path)) for path in site.pages]
    parts = [frame(path, name) for path, name in named if name]
    assert len({around for around, _ in parts}) == 1
    tags = {tag for _, article in parts for tag in re.findall(r"<(\w+)", article)}
    assert tags <= {"a", "article", "div", "h1", "p", "pre", "span", "wbr"}


def test_every_page_was_visited(site: Site, visits: dict[str, Visit]) -> None:
    assert len(visits) > 60
    assert all(visit.heard.requests for visit in visits.values())
    assert len([visit for visit in visits.values() if visit.rows]) == len(pairs(site)) >= 19


def test_no_request_leaves_the_page(visits: dict[str, Visit]) -> None:
    assert {page: visit.heard.elsewhere for page, visit in visits.items() if visit.heard.elsewhere} == {}


def test_no_page_complains(visits: dict[str, Visit]) -> None:
    assert {page: visit.heard.complaints for page, visit in visits.items() if visit.heard.complaints} == {}


@pytest.mark.parametrize("window", ["phone", "desk"])
def test_no_page_scrolls_sideways_and_code_does_in_its_own_box(visits: dict[str, Visit], window: str) -> None:
    measured = {page: getattr(visit, window) for page, visit in visits.items()}
    assert {page: found for page, found in measured.items() if found["page"] > 0 or found["article"] > 0 or found["code"]} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_code_and_figures_stand_out_from_what_is_behind_them(visits: dict[str, Visit], theme: str) -> None:
    assert {page: visit.faint[theme] for page, visit in visits.items() if visit.faint[theme]} == {}


def test_four_columns_stand_side_by_side_on_a_desk_and_nothing_is_cut_off(visits: dict[str, Visit]) -> None:
    for page, visit in visits.items():
        for row in visit.rows:
            assert [cell["library"] for cell in row] == COLUMNS, page
            assert [cell["cut"] for cell in row] == [[]] * 4, page
            edges = [edge for cell in row for edge in (cell["left"], cell["right"])]
            assert edges[0] >= 0, page
            assert edges == sorted(edges), page
            assert edges[-1] <= DESK, page
            assert min(cell["right"] - cell["left"] for cell in row) > DESK / 5, page


def pairs(site: Site) -> list[Path]:
    return [path for path in site.pages if 'class="pair"' in path.read_text(encoding="utf-8")]


def with_tabs(site: Site, folder: str) -> Path:
    """A page of a folder that has tabs for the libraries."""
    return next(path for path in site.pages if path.parent == site.html / folder and "sd-tab-set" in path.read_text("utf-8"))


def chosen(page: Page) -> list[str]:
    """The library that each set of tabs of a page has chosen, and the one that it shows."""
    found: list[str] = page.evaluate("""() => [...document.querySelectorAll(".sd-tab-set")].flatMap((tabs) => {
      const [label] = tabs.querySelectorAll(":scope > input:checked + label");
      const panels = [...tabs.querySelectorAll(":scope > .sd-tab-content")];
      const open = panels.filter((panel) => panel.checkVisibility()).map((panel) => panel.previousElementSibling);
      return [label, ...open].map((each) => each.textContent.trim());
    })""")
    return found


def columns(page: Page) -> list[str]:
    """The columns of a pair that are shown."""
    return sorted({cell["library"] for row in cells(page) for cell in row}, key=COLUMNS.index)


def test_a_library_that_is_chosen_once_is_chosen_on_every_page(page: Page, site: Site) -> None:
    pair, recipe, model = site.html / "side_by_side/select.html", with_tabs(site, "recipes"), with_tabs(site, "models")
    page.goto(pair.as_uri())
    assert columns(page) == ["classic", "asyncio"]
    page.locator(".pair label").get_by_text("trio", exact=True).click()
    assert columns(page) == ["classic", "trio"]
    assert set(chosen(page)) == {"trio"}, "and so are the figures below"
    for path in (recipe, model):
        page.goto(path.as_uri())
        found = chosen(page)
        assert len(found) >= 2
        assert set(found) == {"trio"}
    page.locator("label").get_by_text("anyio", exact=True).first.click()
    assert set(chosen(page)) == {"anyio"}
    page.reload()
    assert set(chosen(page)) == {"anyio"}
    page.goto(pair.as_uri())
    assert columns(page) == ["classic", "anyio"]
    page.reload()
    assert columns(page) == ["classic", "anyio"]


@pytest.mark.parametrize(
    ("word", "wanted"), [("EPOLLONESHOT", "side_by_side/epoll.html"), ("add_reader", "side_by_side/select.html")]
)
def test_search_finds_a_word_of_the_code(page: Page, site: Site, word: str, wanted: str) -> None:
    page.goto((site.html / "index.html").as_uri())
    page.get_by_role("button", name="Search").locator("visible=true").click()
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    expect(page.locator(".search-summary")).to_contain_text("Search finished")
    links = [str(link) for link in page.evaluate("[...document.querySelectorAll('ul.search li > a')].map((link) => link.href)")]
    found = {Path(link.partition("#")[0].removeprefix("file://")) for link in links}
    assert site.html / wanted in found
    assert [str(path) for path in found if word not in re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8"))] == []
    page.locator("ul.search li > a").first.click()
    expect(page.locator("article")).to_contain_text(word)


def colours(page: Page) -> dict[str, list[str]]:
    """Of the page, its code and its figures."""
    found: dict[str, list[str]] = page.evaluate("""() => {
      const of = (chosen, property) =>
        [...new Set([...document.querySelectorAll(chosen)].map((each) => getComputedStyle(each)[property]))];
      return {page: of("body", "backgroundColor"), box: of("pre", "backgroundColor"), code: of("pre .k, pre .n", "color"),
              figure: of("svg.drawn text", "fill"), bars: of("svg.drawn .run", "fill")};
    }""")
    return found


def test_dark_mode_is_remembered_and_changes_the_colours_of_code_and_figures(page: Page, site: Site) -> None:
    page.goto((site.html / "models/select.html").as_uri())
    light = colours(page)
    page.get_by_role("button", name="Color mode").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    dark = colours(page)
    for what, found in light.items():
        assert found, what
        assert set(found).isdisjoint(set(dark[what])), what
    page.goto((site.html / "models/blocking.html").as_uri())
    assert colours(page)["page"] == dark["page"]
    page.goto((site.html / "side_by_side/select.html").as_uri())
    assert colours(page)["page"] == dark["page"]


def highlighted(page: Page) -> set[tuple[str, str]]:
    """The cells that stand out: the step and the library of each."""
    found = [tuple(cell) for cell in page.evaluate(HIGHLIGHT)]
    plain = min({colour for _, _, colour in found}, key=lambda each: -sum(colour == each for _, _, colour in found))
    return {(step, library) for step, library, colour in found if colour != plain}


def test_the_step_that_is_chosen_stands_out_in_every_column_and_nothing_else_does(page: Page, site: Site) -> None:
    page.goto((site.html / "side_by_side/select.html").as_uri())
    assert highlighted(page) == set()
    page.get_by_role("navigation", name="Steps").get_by_text("reply", exact=True).click()
    assert highlighted(page) == {("reply", "classic"), ("reply", "asyncio")}
    page.set_viewport_size({"width": DESK, "height": 900})
    expect(page.locator(".pair")).to_have_attribute("data-columns", "4")
    assert highlighted(page) == {("reply", library) for library in COLUMNS}
    for theme in ("light", "dark"):
        assert themed(page, theme) == []
    page.get_by_role("navigation", name="Steps").get_by_text("wait", exact=True).click()
    assert highlighted(page) == {("wait", library) for library in COLUMNS}
    page.goto((site.html / "side_by_side/epoll.html").as_uri() + "#step-close")
    assert highlighted(page) == {("close", library) for library in COLUMNS}


def focus_is_seen(page: Page) -> None:
    """What has the focus is in the window, with a ring round it, at the latest when it has moved in."""
    try:
        page.wait_for_function(FOCUS, timeout=3_000)
    except Error:
        pytest.fail(f"it has the focus unseen: {page.evaluate('document.activeElement.outerHTML')}")


def tabbed_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus; on the way each thing that has it can be seen to."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focus_is_seen(page)
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"60 times Tab do not lead to {wanted}")


def test_steps_libraries_and_columns_are_worked_by_keyboard(page: Page, site: Site) -> None:
    page.goto((site.html / "side_by_side/select.html").as_uri())
    steps = page.get_by_role("navigation", name="Steps").get_by_role("link")
    tabbed_to(page, steps.first)
    page.keyboard.press("Enter")
    assert {step for step, _ in highlighted(page)} == {"listen"}
    expect(steps.first).to_have_attribute("aria-current", "step")
    page.keyboard.press("ArrowRight")
    expect(steps.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    assert {step for step, _ in highlighted(page)} == {steps.nth(1).text_content()}
    libraries = page.get_by_role("radiogroup", name="Library on the right")
    tabbed_to(page, libraries.get_by_role("radio", name="asyncio"))
    page.keyboard.press("ArrowRight")
    expect(libraries.get_by_role("radio", name="trio")).to_be_focused()
    focus_is_seen(page)
    assert columns(page) == ["classic", "trio"]
    wide = page.get_by_role("button", name="four columns")
    tabbed_to(page, wide)
    page.keyboard.press("Enter")
    expect(wide).to_have_attribute("aria-pressed", "true")
    assert columns(page) == COLUMNS


@pytest.mark.parametrize("page_name", ["side_by_side/select.html", "recipes"])
def test_on_paper_all_code_is_there_and_nothing_to_press(page: Page, site: Site, page_name: str) -> None:
    path = site.html / page_name if page_name.endswith(".html") else with_tabs(site, page_name)
    page.set_viewport_size({"width": 720, "height": 1000})  # A4 less its margins, in CSS pixels
    page.goto(path.as_uri())
    page.emulate_media(media="print")
    bars = ".bd-header, .bd-sidebar-primary, .bd-sidebar-secondary, .pair-bar, .prev-next-footer, .copybtn, .sd-tab-set > input"
    assert page.locator(bars).locator("visible=true").count() == 0
    code = page.locator("pre")
    assert code.evaluate_all("all => all.filter((each) => !each.checkVisibility()).map((each) => each.textContent)") == []
    cut = "all => all.filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.textContent)"
    assert page.locator("pre, .pair-cell").evaluate_all(cut) == []
    for library in LIBRARIES:
        assert page.get_by_text(library, exact=True).locator("visible=true").count() > 0


def test_paper_is_white_in_dark_mode_too(browser: Browser, site: Site) -> None:
    with browser.new_context(color_scheme="dark") as context:
        page = context.new_page()
        page.goto((site.html / "models/select.html").as_uri())
        dark = colours(page)
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert colours(page)["page"] == ["rgb(255, 255, 255)"] != dark["page"]
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert colours(page) == dark


def test_without_javascript_all_code_can_be_seen(browser: Browser, site: Site) -> None:
    with browser.new_context(viewport={"width": LAPTOP, "height": 900}, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((site.html / "side_by_side/select.html").as_uri())
        assert page.locator(".pair").get_attribute("data-columns") is None
        everything = page.locator(".pair .line").evaluate_all(
            "all => all.map((line) => `${line.closest('.pair-cell').dataset.library} ${line.textContent}`)"
        )
        seen: set[str] = set()
        for library in LIBRARIES:
            page.locator(".pair label").get_by_text(library, exact=True).click()
            assert columns(page) == ["classic", library]
            seen |= set(shown(page))
        assert seen == set(everything)
        assert faint(page) == []
