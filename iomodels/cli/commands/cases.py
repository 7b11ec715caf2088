"""`iomodels cases`: the contract, case by case."""

import json

import rich_click as click

from iomodels.cli.options import chosen_cases, format_option, only_and_skip
from iomodels.report.markdown import table
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
        click.echo("\n".join(table(["case", "what must hold", "reference"], ((c.id, c.says, c.reference) for c in cases))))
    else:
        click.echo("\n".join(f"{case.id}\n  {case.says}\n  {case.reference}" for case in cases))
    return 0
