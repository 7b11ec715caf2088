"""What pages of HTML that stand by themselves are filled in with: Jinja's templates, and prose in which code stands out."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["prose", "templates"]


def templates(folder: Path) -> "Environment":
    """The templates of a folder, with the filter `prose`. Raises ImportError where jinja2 is not installed."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["prose"] = prose
    return environment


def prose(text: str) -> "Markup":
    """Text in which code stands between backticks, as HTML."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
