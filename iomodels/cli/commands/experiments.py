"""`iomodels experiments`: what textbooks say of I/O models, each statement tried on this machine."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import rich_click as click

from iomodels.choose import choose
from iomodels.cli.options import Absent, Refusal, format_option, make_folder, refusing, wants_colour, write_file
from iomodels.cli.progress import status
from iomodels.experiments import document, markdown, text
from iomodels.experiments.experiment import Experiment, Record, all_experiments
from iomodels.experiments.lab import Lab
from iomodels.experiments.run import Ran, make

__all__ = ["command"]

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("experiments")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--quick", is_flag=True, help="Each in less than 20 seconds, with less of everything.")
@click.option("--list", "only_list", is_flag=True, help="Make none: say which there are, and what each claims.")
@format_option("text", "json", "md")
@click.option("--data", type=FOLDER, metavar="FOLDER", help="Write the JSON of each to NAME.json there.")
@click.option("--figures", type=FOLDER, metavar="FOLDER", help="Write the figure of each to NAME.svg there.")
@click.option("--redraw", is_flag=True, help="Make none: draw --figures anew from --data.")
def command(
    names: tuple[str, ...], quick: bool, only_list: bool, form: str, data: Path | None, figures: Path | None, redraw: bool
) -> int:
    """Try what textbooks say of I/O models: the claim, what is measured, the figures, and whether it holds here.

    NAME may be a pattern; without one, all are made. Ctrl-C ends the one that is being made and keeps the others.

    \b
    iomodels experiments --list
    iomodels experiments silent-client-stops-blocking
    iomodels experiments --quick 'idle-*' --figures figures
    """
    if figures is not None and find_spec("matplotlib") is None:
        raise Absent("figures are drawn with matplotlib, which is not installed: pip install 'iomodels[report]'")
    chosen = refusing(lambda: choose(all_experiments(), lambda experiment: experiment.name, "experiment", names))
    if only_list:
        click.echo(text.listing(chosen), nl=False)
        return 0
    if redraw:
        if data is None or figures is None:
            raise click.UsageError("--redraw needs --data and --figures", click.get_current_context())
        return _redraw(data, figures, {experiment.name for experiment in chosen} if names else None)
    for folder in filter(None, (data, figures)):
        make_folder(folder)  # refused before the work, not after it
    return _make(chosen, form, _keeper(data, figures), quick=quick)


def _make(chosen: Sequence[Experiment], form: str, keep: Callable[[Record], None], *, quick: bool) -> int:
    done: list[Ran] = []
    lab = Lab(quick=quick)
    show = {"text": lambda ran: text.render(ran, colour=wants_colour()), "md": markdown.render}.get(form)
    try:
        for number, experiment in enumerate(chosen, 1):
            with status() as say:
                place = f"{number} of {len(chosen)}: {experiment.name}" if len(chosen) > 1 else experiment.name
                say(place)
                ran = make(experiment, replace(lab, say=lambda what, place=place: say(f"{place}: {what}")))  # type: ignore[misc]
            done.append(ran)
            if ran.record is not None:
                keep(ran.record)
            if show is not None:
                click.echo(show(ran), color=True)
    finally:  # Ctrl-C too: what is done is shown
        if form == "json":
            click.echo(_json(done), nl=False)
        elif form == "text" and len(chosen) > 1:
            click.echo(click.style(text.summary(done), bold=True) if wants_colour() else text.summary(done), color=True)
    for ran in done:
        if ran.failure:
            click.echo(f"{ran.experiment.name} failed: {ran.failure}", err=True)
    if any(ran.failure for ran in done):
        return 1
    return 0 if any(ran.record for ran in done) else 3


def _json(done: Sequence[Ran]) -> str:
    """All of them in one document."""
    told = {
        "schema_version": document.SCHEMA_VERSION,
        "experiments": [document.fields_of(ran.record) for ran in done if ran.record is not None],
        "missing": {ran.experiment.name: ran.missing for ran in done if ran.missing},
        "failed": {ran.experiment.name: ran.failure for ran in done if ran.failure},
    }
    return json.dumps(told, indent=1) + "\n"


def _keeper(data: Path | None, figures: Path | None) -> Callable[[Record], None]:
    def keep(record: Record) -> None:
        if data is not None:
            write_file(data / f"{record.name}.json", document.dump(record))
        if figures is not None:
            _draw(record, figures)

    return keep


def _redraw(data: Path, figures: Path, names: set[str] | None) -> int:
    paths = [path for path in sorted(data.glob("*.json")) if names is None or path.stem in names]
    if not paths:
        raise Refusal(f"there are no experiments in {data}")
    drawn = 0
    make_folder(figures)
    for path in paths:
        try:
            record = document.load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, document.DocumentError) as error:
            raise Refusal(f"{path}: {error}") from error
        drawn += _draw(record, figures)
    click.echo(f"{drawn} figures drawn")
    return 0


def _draw(record: Record, figures: Path) -> int:
    from iomodels.figures.draw import render

    for name, chart in record.figures.items():
        write_file(figures / f"{name}.svg", render(chart))
    return len(record.figures)
