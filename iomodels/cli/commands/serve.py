"""`iomodels serve`: run a variant."""

import os

import rich_click as click

from iomodels import catalogue
from iomodels.cli.options import refusing

__all__ = ["command"]


@click.command("serve", context_settings={"ignore_unknown_options": True})
@click.argument("variant")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def command(variant: str, options: tuple[str, ...]) -> int:
    """Run a variant as the program that it is: `iomodels serve sockets/epoll --port 8080 --service http`.

    All options are the variant's own: `iomodels serve epoll -- --help` lists them.
    """
    found = refusing(lambda: catalogue.find(variant))
    words = found.command(*options)
    os.execve(words[0], words, catalogue.environment(here=True))
