"""Settings: `[tool.iomodels.COMMAND]` in the nearest pyproject.toml gives a command's options other defaults.

    [tool.iomodels.check]
    service = "http"
    skip = ["limits/*"]

A path is relative to that file. An unknown command or option is refused, as it would be on the command line.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rich_click as click

from iomodels.choose import nearest

__all__ = ["read"]


def read(ctx: click.Context) -> dict[str, dict[str, object]]:
    """The defaults for each command, as click's `default_map`. Raises UsageError."""
    path = next((path for folder in (Path.cwd(), *Path.cwd().parents) if (path := folder / "pyproject.toml").is_file()), None)
    if path is None:
        return {}
    try:
        tools = tomllib.loads(path.read_text()).get("tool")
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}", ctx) from error
    assert isinstance(ctx.command, click.Group)
    known = ctx.command.list_commands(ctx)
    table = tools.get("iomodels") if isinstance(tools, Mapping) else None
    defaults = {}
    for name, values in (table if isinstance(table, Mapping) else {}).items():
        if name not in known or not isinstance(values, Mapping):
            raise click.UsageError(f"{path}: no command is called [tool.iomodels.{name}]{nearest(name, known)}", ctx)
        command = ctx.command.get_command(ctx, name)
        assert command is not None
        defaults[name] = dict(_default(ctx, command, path, key, value) for key, value in values.items())
    return defaults


def _default(ctx: click.Context, command: click.Command, path: Path, key: str, value: Any) -> tuple[str, object]:
    """The name of the parameter that `key` sets, and its value as click takes it."""
    options = {
        option.removeprefix("--"): parameter
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    }
    where = f"{path}: [tool.iomodels.{command.name}]"
    option = options.get(key.replace("_", "-"))
    if option is None or option.name is None:
        raise click.UsageError(f"{where} has no option {key!r}{nearest(key, options)}", ctx)
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str | int | float) for each in values) or (isinstance(value, list) and not option.multiple):
        raise click.UsageError(f"{where} {key} is not {'a list of values' if option.multiple else 'a value'}", ctx)
    if isinstance(option.type, click.Path):
        values = [str(path.parent / str(each)) for each in values]
    return option.name, values if option.multiple else values[0]
