"""`iomodels matrix`: every case on every variant."""

import os
from contextlib import closing
from pathlib import Path

import rich_click as click

from iomodels.cli.options import format_option
from iomodels.cli.progress import progress
from iomodels.cli.verdict_options import (
    chosen_cases,
    chosen_variants,
    only_and_skip,
    report_files,
    variants_option,
    write_verdicts,
)
from iomodels.contract.runner import Verdict
from iomodels.matrix import run_matrix
from iomodels.report.verdicts import Column, Verdicts

__all__ = ["command"]


@click.command("matrix")
@variants_option
@only_and_skip
@format_option("text", "md", "json", "junit", "github")
@report_files
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=min(2, os.cpu_count() or 1),
    show_default=True,
    help="Variants checked at the same time.",
)
def command(
    names: tuple[str, ...],
    only: tuple[str, ...],
    skip: tuple[str, ...],
    form: str,
    output: Path | None,
    junit: Path | None,
    jobs: int,
) -> int:
    """Run every case of the contract on every variant, and print the grid."""
    variants = chosen_variants(names)
    cases = chosen_cases(only, skip)
    verdicts = Verdicts([Column(variant.name, variant.says) for variant in variants], cases)
    with (
        progress(len(variants) * len(cases), "cells") as advance,
        closing(run_matrix(variants, cases, jobs)) as results,
    ):
        for variant, result in results:
            verdicts.add(variant.name, result)
            what = f"{variant.name} {result.case.id}"
            advance(what, f"{result.verdict.value}  {what}" if result.verdict in (Verdict.FAIL, Verdict.ERROR) else "")
    write_verdicts(verdicts, form, output, junit)
    return 0 if verdicts.good else 1
