"""`iomodels check`: the contract on anybody's server."""

from pathlib import Path

import rich_click as click

from iomodels.cli.options import Name, Refusal, format_option
from iomodels.cli.progress import progress
from iomodels.cli.verdict_options import chosen_cases, only_and_skip, report_files, write_verdicts
from iomodels.contract.dialects import DIALECTS
from iomodels.contract.profile import Profile, ProfileError
from iomodels.contract.runner import Target, Verdict, address_of
from iomodels.contract.server import Launch, ServerError
from iomodels.report.verdicts import Column, Verdicts

__all__ = ["command"]


@click.command("check")
@click.argument("address", metavar="HOST:PORT", required=False)
@click.option("--cmd", metavar="COMMAND", help="Start the server with this command; `{port}` in it is a free port.")
@click.option("--service", type=Name("service", list(DIALECTS)), default="upper", show_default=True, help="What it speaks.")
@only_and_skip
@click.option("--profile", type=click.Path(path_type=Path), help="Where it may differ: a TOML or JSON file.")
@format_option("text", "json", "md", "junit", "github")
@report_files
@click.option(
    "--wait", type=click.FloatRange(min=0), default=10.0, show_default=True, help="Seconds until it takes connections."
)
@click.option(
    "--patience", type=click.FloatRange(min=0.01), default=10.0, show_default=True, help="Seconds of silence that fail a case."
)
@click.option("--restart", is_flag=True, help="Start a server that has ended by itself again (with --cmd), and go on.")
def command(
    address: str | None,
    cmd: str | None,
    service: str,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    profile: Path | None,
    form: str,
    output: Path | None,
    junit: Path | None,
    wait: float,
    patience: float,
    restart: bool,
) -> int:
    """Run the contract on a server: one that listens on HOST:PORT, or one that --cmd starts.

    A command gets its port where it says {port}; without that it must print `listening on HOST:PORT` when it does.
    Started so, more can be seen: how it stops, what it holds, what it does when limits are reached.

    \b
    iomodels check 127.0.0.1:8080 --service http
    iomodels check --cmd 'python server.py {port}' --only half-close
    """
    if (address is None) == (cmd is None):
        raise click.UsageError("give HOST:PORT or --cmd COMMAND, one of them", click.get_current_context())
    cases = chosen_cases(only, skip)
    try:
        where = Launch.from_text(cmd) if cmd is not None else address_of(address or "")
        differs = Profile.from_file(profile) if profile is not None else Profile()
        column = Column(cmd or address or "", service=service)
        verdicts = Verdicts([column], cases)
        with (
            Target(where, service, differs, patience=patience, wait=wait, restart=restart) as target,
            progress(len(cases), "cases") as advance,
        ):
            target.start()
            for case in cases:
                result = target.run(case)
                verdicts.add(column.name, result)
                failed = result.verdict in (Verdict.FAIL, Verdict.ERROR)
                advance(case.id, f"{result.verdict.value}  {case.id}" if failed else "")
    except (ServerError, ProfileError) as error:
        raise Refusal(str(error)) from error
    write_verdicts(verdicts, form, output, junit)
    return 0 if verdicts.good else 1
