"""Chromium, and what the tests measure on a page in it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",  # it does not start as root otherwise
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ENOUGH = 4.5  # contrast of text: WCAG 2.2, 1.4.3


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser. A test that needs it is skipped where there is none, or none that starts."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        except Error as error:
            pytest.skip(f"{path} does not start: {error.message.splitlines()[0]}")
        with browser:
            yield browser


@dataclass
class Heard:
    """What a page asked for and said while it was open: addresses; errors and warnings of its console, uncaught exceptions."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def taken(self) -> "Heard":
        """What was heard so far; from now on, what comes after it."""
        before = Heard(self.requests, self.complaints)
        self.requests, self.complaints = [], []
        return before

    @property
    def elsewhere(self) -> list[str]:
        return [address for address in self.requests if not address.startswith(("file:", "data:"))]


def listen(page: Page) -> Heard:
    """Write down what a page does from now on."""
    heard = Heard()

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            heard.complaints.append(message.text)

    page.on("request", lambda request: heard.requests.append(request.url))
    page.on("websocket", lambda socket: heard.requests.append(socket.url))
    page.on("console", said)
    page.on("pageerror", lambda error: heard.complaints.append(error.message))
    return heard


def sideways(page: Page) -> dict[str, Any]:
    """What leaves the window to the right: the page, its text's own box, and code that does not scroll in a box of its own."""
    found: dict[str, Any] = page.evaluate(SIDEWAYS)
    return found


SIDEWAYS = """() => {
  const root = document.documentElement;
  const beyond = (box) => box.scrollWidth - box.clientWidth;
  const inside = (box) => box.getBoundingClientRect().right <= root.clientWidth + 0.5;
  const scrolls = (box) => ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
  const code = [...document.querySelectorAll("pre")].filter((box) => box.checkVisibility());
  const article = document.querySelector(".bd-article-container");
  return {
    page: root.scrollWidth - window.innerWidth,
    article: article ? beyond(article) : 0,
    code: code.filter((box) => !inside(box) || (beyond(box) > 0 && !scrolls(box))).map((box) => box.textContent.slice(0, 60)),
  };
}"""


def cells(page: Page) -> list[list[dict[str, Any]]]:
    """The cells of a pair, row by row, those that are shown: their library, left and right edge, and what is cut off."""
    found: list[list[dict[str, Any]]] = page.evaluate(CELLS)
    return found


CELLS = """() => [...document.querySelectorAll(".pair-row")].map((row) =>
  [...row.children].filter((cell) => cell.checkVisibility()).map((cell) => {
    const box = cell.getBoundingClientRect();
    const cut = [cell, ...cell.querySelectorAll("pre, .line")].filter((each) => each.scrollWidth > each.clientWidth);
    return {library: cell.dataset.library, left: box.left, right: box.right, cut: cut.map((each) => each.textContent)};
  }))"""


def faint(page: Page) -> list[str]:
    """Text in code and figures that does not stand out from what is behind it, each with its contrast (WCAG 2.2, 1.4.3)."""
    found: list[str] = page.evaluate(FAINT, ENOUGH)
    return found


def themed(page: Page, theme: str) -> list[str]:
    """The same in light or in dark, which is put back afterwards."""
    before = page.evaluate(
        "(theme) => { const root = document.documentElement.dataset, was = root.theme; root.theme = theme; return was }", theme
    )
    try:
        return faint(page)
    finally:
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", before)


FAINT = """(enough) => {
  const context = Object.assign(document.createElement("canvas"), {width: 1, height: 1})
    .getContext("2d", {willReadFrequently: true});
  const remembered = (work, known = new Map()) => (key) => {
    if (!known.has(key)) known.set(key, work(key));
    return known.get(key);
  };
  const rgba = remembered((colour) => {  // whatever notation the colour has
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  });
  const over = (above, share, below) => below.map((value, place) => above[place] * share + value * (1 - share));
  const linear = (value) => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = remembered((element) => {
    if (!element) return [255, 255, 255];
    const colour = rgba(getComputedStyle(element).backgroundColor);
    return over(colour, colour[3], ground(element.parentElement));
  });
  const opacity = remembered((element) =>
    element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1);
  const found = new Set();
  const look = (text, colour, share, behind) => {
    const shown = rgba(colour);
    const ratio = contrast(over(shown, shown[3] * share, behind), behind);
    if (!(ratio >= enough)) found.add(`${ratio.toFixed(2)} ${text.trim().slice(0, 40)}`);
  };
  const says = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());

  for (const element of document.querySelectorAll("pre, pre *, code, code *")) {
    if (says(element)) look(element.textContent, getComputedStyle(element).color, opacity(element), ground(element));
  }
  for (const line of document.querySelectorAll(".listing .line")) {
    const number = getComputedStyle(line, "::before");
    look(`number ${line.dataset.n}`, number.color, number.opacity * opacity(line), ground(line));
  }
  for (const figure of document.querySelectorAll("svg.drawn")) {
    const shapes = [...figure.querySelectorAll("rect, path, circle, polygon")]
      .filter((shape) => !shape.closest("defs") && getComputedStyle(shape).fill !== "none")
      .map((shape) => [shape, shape.getBoundingClientRect()]);
    for (const text of figure.querySelectorAll("text, tspan")) {
      if (!says(text)) continue;
      const box = text.getBoundingClientRect(), x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
      const behind = shapes
        .filter(([shape, {left, right, top, bottom}]) => left < x && x < right && top < y && y < bottom
          && shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)
        .reduce((below, [shape]) => {
          const {fill, fillOpacity} = getComputedStyle(shape), colour = rgba(fill);
          return over(colour, colour[3] * fillOpacity * opacity(shape), below);
        }, ground(figure));
      const {fill, fillOpacity} = getComputedStyle(text);
      look(text.textContent, fill, fillOpacity * opacity(text), behind);
    }
  }
  return [...found];
}"""


SHOWN = """() => [...document.querySelectorAll(".pair-code .pair-cell")].filter((cell) => cell.checkVisibility())
  .flatMap((cell) => [...cell.querySelectorAll(".line")].map((line) => `${cell.dataset.library} ${line.textContent}`))"""


def shown(page: Page) -> list[str]:
    """The lines of code that a pair's page shows, each behind its library."""
    found: list[str] = page.evaluate(SHOWN)
    return found


def frame(page: Path, name: str) -> tuple[str, str]:
    """A page of source code, without its own name and the way back to the start, and apart from it the code."""
    before, article, after = re.split(r'(<article class="bd-article">.*?</article>)', page.read_text("utf-8"), flags=re.DOTALL)
    return (before + after).replace(name, "").replace("../", ""), article
