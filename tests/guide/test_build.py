"""The built guide: no warning, no dead link, nothing that is fetched from elsewhere."""

import ast
import functools
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.guide.conftest import ROOT, Site

pytestmark = [pytest.mark.xdist_group("guide"), pytest.mark.timeout(300)]  # the first of them builds the guide

# What a browser fetches without being asked to: the element and the attribute.
FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("source", "src"),
    ("source", "srcset"),
    ("iframe", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("image", "href"),
    ("use", "href"),
    ("video", "src"),
    ("audio", "src"),
}
FETCHED_LINKS = {"dns-prefetch", "icon", "manifest", "modulepreload", "preconnect", "prefetch", "preload", "stylesheet"}
IN_STYLES = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


class Page(HTMLParser):
    """What a page links to, what it is linked by, and what it fetches."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: Counter[str] = Counter()
        self.fetched: list[str] = []
        self.images: list[str] = []
        self._within = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids[found["id"]] += 1
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "img":
            self.images.append(found.get("src", ""))
        if tag == "link" and FETCHED_LINKS & set(found.get("rel", "").split()):
            self.fetched.append(found["href"])
        self.fetched += [found[name] for element, name in FETCHED if element == tag and name in found]
        self.fetched += addresses_in(found.get("style", ""))

    def handle_data(self, data: str) -> None:
        if self._within == "style":
            self.fetched += addresses_in(data)

    def handle_endtag(self, tag: str) -> None:
        self._within = "" if tag == self._within else self._within


def addresses_in(style: str) -> list[str]:
    return [found[1] or found[2] for found in IN_STYLES.finditer(style)]


@functools.cache
def read(path: Path) -> Page:
    return Page(path)


def is_elsewhere(address: str) -> bool:
    return bool(urlsplit(address).scheme not in ("", "data") or urlsplit(address).netloc)


def test_it_is_built_without_a_warning(site: Site) -> None:
    assert (site.said, site.status) == ("", 0)


def test_each_page_of_the_guide_is_there(site: Site) -> None:
    sources = [path.relative_to(ROOT / "guide") for path in (ROOT / "guide").rglob("*.md") if "_build" not in path.parts]
    assert len(sources) >= 20
    assert [str(path) for path in sources if not (site.html / path).with_suffix(".html").is_file()] == []


def test_every_link_within_the_guide_leads_to_a_page_and_to_a_place_on_it(site: Site) -> None:
    dead = []
    count = 0
    for path in site.pages:
        for link in read(path).links:
            if is_elsewhere(link) or not link or link == "#":
                continue
            count += 1
            to = urlsplit(link)
            target = (path.parent / unquote(to.path)).resolve() if to.path else path
            if target.suffix == ".html" and target.is_file():
                if to.fragment and unquote(to.fragment) not in read(target).ids:
                    dead.append(f"{path.relative_to(site.html)}: {link} (no such place)")
            elif not target.is_file():
                dead.append(f"{path.relative_to(site.html)}: {link}")
    assert dead == []
    assert count > 1000


def test_no_page_and_no_style_fetches_anything_from_elsewhere(site: Site) -> None:
    fetched = [(str(path.relative_to(site.html)), address) for path in site.pages for address in read(path).fetched]
    fetched += [
        (str(path.relative_to(site.html)), address)
        for path in site.html.rglob("*.css")
        for address in addresses_in(path.read_text(encoding="utf-8"))
    ]
    assert len(fetched) > 100
    assert [each for each in fetched if is_elsewhere(each[1])] == []


def test_what_a_page_fetches_is_there(site: Site) -> None:
    for path in site.pages:
        for address in read(path).fetched:
            if not address.startswith(("data:", "#")):
                assert (path.parent / unquote(urlsplit(address).path)).is_file(), f"{path.relative_to(site.html)}: {address}"


def test_no_id_stands_twice_on_a_page(site: Site) -> None:
    twice = [
        f"{path.relative_to(site.html)}: {name}" for path in site.pages for name, count in read(path).ids.items() if count > 1
    ]
    assert twice == []


def test_figures_are_part_of_their_pages(site: Site) -> None:
    assert [str(path) for path in site.pages for image in read(path).images if image.endswith(".svg")] == []


@pytest.mark.parametrize("stem", ["epolloneshot", "add_read", "sigtimedwait"])  # add_reader is kept, and asked for, by its stem
def test_the_search_index_has_the_words_of_the_code(site: Site, stem: str) -> None:
    assert re.search(rf'[{{,]"?{stem}"?:', (site.html / "searchindex.js").read_text(encoding="utf-8"))


class Listings(HTMLParser):
    """The lines of code on a page of a pair: the library, the file if it is a sibling's, the line's number and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.lines: list[tuple[str, str, int, str]] = []
        self._library = self._file = ""
        self._number = 0
        self._depth = 0
        self._in_name = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if found.get("class") == "pair-cell":
            self._library, self._file = found["data-library"], ""
        elif found.get("class") == "pair-file":
            self._file, self._in_name = "", True
        elif found.get("class") == "line":
            self._number, self._depth = int(found["data-n"]), 0
            self.lines.append((self._library, self._file, self._number, ""))
        if tag == "span":
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._depth -= 1
            if not self._depth:
                self._number = 0
        elif tag == "a":
            self._in_name = False

    def handle_data(self, data: str) -> None:
        if self._in_name:
            self._file += data
        elif self._number:
            library, file, number, text = self.lines[-1]
            self.lines[-1] = library, file, number, text + data


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "models").glob("[!_]*.py")))
@pytest.mark.parametrize("library", ["classic", "asyncio", "trio", "anyio"])
def test_a_pair_shows_each_line_of_each_file_once_under_its_own_number(site: Site, name: str, library: str) -> None:
    own = f"models/{name}.py" if library == "classic" else f"async_models/{library}/{name}.py"
    shown: dict[str, list[tuple[int, str]]] = {}
    for where, file, number, text in Listings(site.html / "side_by_side" / f"{name}.html").lines:
        if where == library:
            shown.setdefault(file or own, []).append((number, text.removesuffix("\n")))
    for file, lines in shown.items():
        source = (ROOT / file).read_text(encoding="utf-8").splitlines()
        assert [source[number - 1] for number, _ in lines] == [text for _, text in lines]
        begin = ast.parse("\n".join(source)).body[0].end_lineno or 0
        end = len(source) if file == own else source.index('if __name__ == "__main__":')
        wanted = [number for number in range(begin + 1, end + 1) if source[number - 1].strip()]
        assert sorted(number for number, text in lines if text.strip()) == wanted
    assert own in shown
