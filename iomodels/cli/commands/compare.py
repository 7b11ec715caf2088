"""`iomodels compare`: contract, costs and claims on this machine, in one report."""

import os
from importlib.util import find_spec
from pathlib import Path

import rich_click as click

from iomodels import catalogue
from iomodels.choose import choose
from iomodels.cli import INTERRUPTED
from iomodels.cli.options import Absent, Name, Refusal, make_folder, refusing, write_file
from iomodels.cli.progress import status
from iomodels.compare import document
from iomodels.compare.plan import Depth, plan
from iomodels.compare.run import compare
from iomodels.compare.words import quotable
from iomodels.contract.case import all_cases
from iomodels.contract.server import ServerError
from iomodels.experiments.experiment import all_experiments
from iomodels.load.spec import SERVICES

__all__ = ["command"]


@click.command("compare")
@click.option(
    "--variants", "--variant", "names", multiple=True, metavar="PATTERN", help="These alone: `sockets/epoll`, `trio/*`."
)
@click.option("--against", multiple=True, metavar="COMMAND", help="Your own server beside them; `{port}` in it is a free port.")
@click.option("--service", type=Name("service", SERVICES), default="upper", show_default=True, help="What is said to them.")
@click.option("--quick", "depth", flag_value=Depth.QUICK.value, help="In 90 seconds.")
@click.option("--usual", "depth", flag_value=Depth.USUAL.value, default=True, help="In 4 minutes: unless told otherwise.")
@click.option("--full", "depth", flag_value=Depth.FULL.value, help="Everything, as long as it takes.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("reports/compare.html"),
    show_default=True,
    metavar="FILE",
    help="The report; its data goes beside it, as .json.",
)
def command(names: tuple[str, ...], against: tuple[str, ...], service: str, depth: str, output: Path) -> int:
    """Compare the variants: the contract, what a request costs, what textbooks claim; a report in HTML, and three lines.

    What there is no time for is left out, and the report says what that was.

    \b
    iomodels compare
    iomodels compare --quick --against 'python server.py {port}'
    iomodels compare --variants 'trio/*' --variants 'asyncio/*'
    """
    if any(find_spec(library) is None for library in ("jinja2", "matplotlib")):
        raise Absent("the report is made with jinja2 and matplotlib, which are not installed: pip install 'iomodels[report]'")
    if output.suffix != ".html":
        raise click.UsageError(f"{output} does not end in .html", click.get_current_context())
    for path in (output, output.with_suffix(".json")):
        _refuse_unless_writable(path)
    known = refusing(catalogue.variants)
    chosen = refusing(lambda: choose(known, lambda variant: variant.name, "variant", names))
    what = plan(Depth(depth), chosen, all_cases(), all_experiments(), chosen=bool(names), service=service)
    try:
        with status() as say:
            findings = compare(what, against, say)
    except ServerError as error:
        raise Refusal(str(error)) from error
    from iomodels.compare.report import render

    write_file(output, render(findings))
    write_file(output.with_suffix(".json"), document.dump(findings))
    for line in quotable(findings):
        click.echo(line)
    click.echo(output)
    if findings.interrupted:
        return INTERRUPTED
    return 1 if findings.failed else 0


def _refuse_unless_writable(path: Path) -> None:
    """Before the work, not after it."""
    make_folder(path.parent)
    if path.exists() and not os.access(path, os.W_OK):
        raise Refusal(f"cannot write {path}")
