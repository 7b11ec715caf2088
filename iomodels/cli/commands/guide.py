"""`iomodels guide`: read."""

import webbrowser

import rich_click as click

from iomodels import catalogue
from iomodels.cli.options import Absent

__all__ = ["command"]


@click.command("guide")
@click.option("--path", is_flag=True, help="Print where it is, and open nothing.")
def command(path: bool) -> int:
    """Open the guide in a browser: classic and async side by side. `make guide` builds it."""
    page = catalogue.root() / "guide" / "_build" / "html" / "index.html"
    if not page.is_file():
        raise Absent("the guide has not been built; in a checkout, `make guide` does so")
    if path:
        click.echo(page)
    elif not webbrowser.open(page.as_uri()):
        raise Absent(f"there is no browser to open it with; it is {page}")
    return 0
