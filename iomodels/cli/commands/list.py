"""`iomodels list`: the variants."""

import json
from typing import Any

import rich_click as click

from iomodels import catalogue
from iomodels.cli.options import format_option
from iomodels.cli.verdict_options import chosen_variants, variants_option
from iomodels.contract.server import ServerError
from iomodels.report.markdown import table
from iomodels.report.verdicts import SCHEMA_VERSION

__all__ = ["command"]


@click.command("list")
@variants_option
@format_option("text", "md", "json")
@click.option("--probe", is_flag=True, help="Start each, and say which cannot run here, and why.")
def command(names: tuple[str, ...], form: str, probe: bool) -> int:
    """List the variants: one model on one runtime each."""
    found = chosen_variants(names)
    unavailable = {variant.name: _unavailable(variant) for variant in found} if probe else {}
    if form == "json":
        variants: list[dict[str, Any]] = [
            {"name": variant.name, "module": variant.module, "says": variant.says} for variant in found
        ]
        for entry in variants if probe else ():
            entry["unavailable"] = unavailable[entry["name"]]
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, "variants": variants}, indent=2))
        return 0
    rows = []
    for variant in found:
        reason = unavailable.get(variant.name)
        rows.append((variant.name, f"cannot run here: {reason}" if reason else variant.says))
    if form == "md":
        click.echo("\n".join(table(["variant", "how it waits"], rows)))
    else:
        width = max((len(name) for name, _ in rows), default=0)
        click.echo("\n".join(f"{name:<{width}}  {says}" for name, says in rows))
    return 0


def _unavailable(variant: catalogue.Variant) -> str | None:
    try:
        return variant.unavailable()
    except ServerError as error:
        return " ".join(str(error).split())
