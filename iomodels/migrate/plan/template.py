"""The templates of a plan, filled in; and how much of them a page may hold."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iomodels.report.page import templates

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Room", "Templates"]

SHORT = 0.3  # of a room is kept for short forms: better many parts in a few words than none


class Templates:
    """`plan.html`, with its style and its script, and the macros of `cards.html`. Raises ImportError without jinja2."""

    def __init__(self) -> None:
        environment = templates(Path(__file__).parent)
        self._page = environment.get_template("plan.html")
        self._cards = environment.get_template("cards.html").module

    def page(self, told: Mapping[str, Any]) -> str:
        return self._page.render(told)

    def card(self, macro: str, told: Mapping[str, Any]) -> "Markup":
        made: Markup = getattr(self._cards, macro)(told)
        return made


class Room:
    """How many bytes may still be put on the page. bare: cards that were shortened for it; dropped: those left out."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.kept = left * SHORT
        self.bare = self.dropped = 0

    def take(self, forms: Sequence[Callable[[], "Markup"]]) -> "Markup":
        """The first of several forms of a thing, the fullest first, that there is room for; nothing, if there is for none."""
        from markupsafe import Markup

        for number, form in enumerate(forms):
            made = form()
            size = len(made.encode())
            if size <= self.left - (0 if form is forms[-1] else self.kept):
                self.left -= size
                self.bare += number > 0
                return made
        self.dropped += 1
        return Markup("")
