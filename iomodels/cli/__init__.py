"""The command line: `iomodels`. A command is a file of `commands/` that has a `command`, and nothing else names it; what is
`_` in the file's name is `-` in the command's.

Exit status: 0 well; 1 something failed; 2 the question was wrong (usage, configuration); 3 what is needed is absent here;
130 interrupted. Data goes to standard output, progress and complaints to standard error, and a complaint is one line.
"""

import importlib
import pkgutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from iomodels.choose import nearest
from iomodels.cli import settings

__all__ = ["INTERRUPTED", "main"]

INTERRUPTED = 130  # 128 and SIGINT, as shells count


class Commands(click.RichGroup):
    """The commands, from the files of `commands/`; each is imported when it is asked for."""

    def list_commands(self, _: click.Context) -> list[str]:
        return sorted(file.name.replace("_", "-") for file in pkgutil.iter_modules([str(Path(__file__).parent / "commands")]))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"iomodels.cli.commands.{name.replace('-', '_')}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"no command is called {args[0]!r}{nearest(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="iomodels")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Classic I/O models beside their async equivalents, and one contract that every one of them is held to.

    Settings may stand in pyproject.toml, a table for each command: `[tool.iomodels.check]`.
    """
    ctx.default_map = settings.read(ctx)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; the exit status."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        return cli.main(arguments, prog_name="iomodels", standalone_mode=False) or 0
    except click.Abort:  # Ctrl-C
        end_orphans()
        return INTERRUPTED
    except SystemExit:
        end_orphans()
        raise
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else "iomodels"
        print(f"{where}: {' '.join(error.format_message().split())}", file=sys.stderr)
        return error.exit_code
    except click.ClickException as error:
        print(f"iomodels: {error.format_message()}", file=sys.stderr)
        return error.exit_code


def end_orphans() -> None:
    """End the servers that were started, if any can have been: many commands start none, and do without the import."""
    server = sys.modules.get("iomodels.contract.server")
    if server is not None:
        server.end_orphans()


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)  # an exception: what was started is ended on the way
