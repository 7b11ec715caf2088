"""`iomodels cases`: the contract, case by case."""

import json
from collections.abc import Sequence
from itertools import groupby

import rich_click as click

from iomodels.cli.options import format_option
from iomodels.cli.verdict_options import chosen_cases, only_and_skip
from iomodels.contract.case import Case
from iomodels.report.verdicts import SCHEMA_VERSION

__all__ = ["command"]


@click.command("cases")
@only_and_skip
@format_option("text", "md", "json")
def command(only: tuple[str, ...], skip: tuple[str, ...], form: str) -> int:
    """List the cases of the contract: what must hold, and where that is written."""
    cases = chosen_cases(only, skip)
    if form == "json":
        entries = [
            {
                "id": case.id,
                "says": case.says,
                "why": case.why,
                "reference": case.reference,
                "needs": sorted(case.needs),
                "services": list(case.services),
            }
            for case in cases
        ]
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, "cases": entries}, indent=2))
    elif form == "md":
        click.echo(_as_page(cases))
    else:
        click.echo("\n".join(f"{case.id}\n  {case.says}\n  {case.reference}" for case in cases))
    return 0


def _as_page(cases: Sequence[Case]) -> str:
    """A Markdown page with a heading for each group and each case."""
    blocks = ["# The contract", f"{len(cases)} cases: what must hold, why, and where that is written."]
    for group, members in groupby(sorted(cases, key=lambda case: case.id), key=lambda case: case.group):
        blocks.append(f"## {group}")
        for case in members:
            blocks += [f"### {case.id}", f"**{case.says}**", case.why, f"*{case.reference}*"]
    return "\n\n".join(filter(None, blocks))
