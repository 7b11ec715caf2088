"""`iomodels trace`: what a variant asks of the kernel, and when it waits and copies."""

from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from iomodels import catalogue
from iomodels.catalogue import Variant
from iomodels.cli.options import Absent, Failed, Name, Refusal, ReportFile, format_option, refusing, wants_colour, write_file
from iomodels.cli.progress import progress
from iomodels.contract.broken import Broken
from iomodels.contract.dialects import DIALECTS
from iomodels.contract.server import ServerError, Unavailable
from iomodels.trace import document, figure, text
from iomodels.trace.record import NoTracing, record
from iomodels.trace.timeline import Timeline

__all__ = ["command"]

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("trace", context_settings={"ignore_unknown_options": True})
@click.argument("variant", required=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@click.option("--service", type=Name("service", list(DIALECTS)), default="upper", show_default=True, help="What is said.")
@format_option("text", "json", "svg")
@click.option("-o", "--output", type=ReportFile(), metavar="FILE", help="Write it to a file instead of printing it.")
@click.option("--all", "every", is_flag=True, help="Trace all variants that have code of their own.")
@click.option("--data", type=FOLDER, metavar="FOLDER", help="Write the JSON of each to RUNTIME/MODEL.json there.")
@click.option("--figures", type=FOLDER, metavar="FOLDER", help="Write the figure of each to RUNTIME/MODEL.svg there.")
@click.option("--redraw", is_flag=True, help="Trace nothing: draw --figures anew from --data.")
def command(
    variant: str | None,
    options: tuple[str, ...],
    service: str,
    form: str,
    output: Path | None,
    every: bool,
    data: Path | None,
    figures: Path | None,
    redraw: bool,
) -> int:
    """Trace a variant with strace while two clients talk to it: which calls wait, which copy, and who waits for whom.

    A comes and is answered; B comes while A is still there. Options after VARIANT are the variant's own.

    \b
    iomodels trace epoll
    iomodels trace sockets/nonblocking --pause 0
    iomodels trace trio/select --format svg -o select.svg
    """
    if [variant is not None, every, redraw].count(True) != 1:
        raise click.UsageError("give VARIANT, --all or --redraw, one of them", click.get_current_context())
    if redraw:
        if data is None or figures is None:
            raise click.UsageError("--redraw needs --data and --figures", click.get_current_context())
        return _redraw(data, figures)
    if variant is not None:
        found = refusing(lambda: catalogue.find(variant))
        try:
            timeline = _take(found, service, options)
        except Unavailable as error:
            raise Absent(str(error) if isinstance(error, NoTracing) else f"{found.name} cannot run here: {error}") from error
        if data is None and figures is None:
            _show(timeline, form, output)
        _keep(timeline, data, figures)
        return 0
    if data is None and figures is None:
        raise click.UsageError("--all needs --data or --figures", click.get_current_context())
    own = [each for each in refusing(catalogue.variants) if each.profile.same_as is None]
    return _take_all(own, service, data, figures)


def _take(variant: Variant, service: str, options: Sequence[str]) -> Timeline:
    try:
        return record(variant, service, options)
    except Unavailable:
        raise
    except ServerError as error:
        raise Refusal(f"{variant.name}: {' '.join(str(error).split())}") from error
    except Broken as error:
        raise Failed(f"{variant.name}: {str(error).partition(chr(10))[0]}") from error


def _take_all(variants: Sequence[Variant], service: str, data: Path | None, figures: Path | None) -> int:
    taken = 0
    with progress(len(variants), "traces") as advance:
        for variant in variants:
            try:
                _keep(_take(variant, service, ()), data, figures)
            except NoTracing as error:
                raise Absent(str(error)) from error
            except Unavailable as error:
                click.echo(f"{variant.name} cannot run here: {error}", err=True)
            else:
                taken += 1
            advance(variant.name)
    click.echo(f"{taken} traces taken")
    return 0 if taken else 3


def _show(timeline: Timeline, form: str, output: Path | None) -> None:
    if output is None and form == "text":
        click.echo(text.render(timeline, colour=wants_colour()), nl=False, color=True)
        return
    rendered = {"text": text.render, "json": document.dump, "svg": figure.render}[form](timeline)
    if output is None:
        click.echo(rendered, nl=False)
    else:
        write_file(output, rendered)


def _keep(timeline: Timeline, data: Path | None, figures: Path | None) -> None:
    if data is not None:
        write_file(data / f"{timeline.variant}.json", document.dump(timeline))
    if figures is not None:
        write_file(figures / f"{timeline.variant}.svg", figure.render(timeline))


def _redraw(data: Path, figures: Path) -> int:
    paths = sorted(data.rglob("*.json"))
    if not paths:
        raise Refusal(f"there are no traces in {data}")
    for path in paths:
        try:
            timeline = document.load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, document.DocumentError) as error:
            raise Refusal(f"{path}: {error}") from error
        write_file((figures / path.relative_to(data)).with_suffix(".svg"), figure.render(timeline))
    click.echo(f"{len(paths)} figures drawn")
    return 0
