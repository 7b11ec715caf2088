"""`iomodels replay`: a recording's clients, played against a server."""

import json
from pathlib import Path

import rich_click as click

from iomodels.cli.options import Refusal, format_option
from iomodels.contract.runner import address_of
from iomodels.contract.server import ServerError
from iomodels.replay.compare import Difference, differences
from iomodels.replay.player import Player, cut_again, expected
from iomodels.replay.recording import Recording, RecordingError, load

__all__ = ["command"]

GAP = 0.001  # seconds between two pieces of a cut, in which a server that waits reads the first
SHOWN = 10  # differences that are printed as text


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--against", required=True, metavar="HOST:PORT", help="The server.")
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), metavar="X", help="X times as fast as recorded; else at once."
)
@click.option("--cuts", type=click.IntRange(min=0), default=0, metavar="N", help="Cut each piece sent at up to N more places.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="Of the places where --cuts cuts.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0.001),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="Silence after which a reply that was recorded is given up.",
)
@format_option("text", "json")
def command(file: Path, against: str, speed: float | None, cuts: int, seed: int, patience: float, form: str) -> int:
    """Play the clients of a recording against a server, and compare what they hear with what was recorded.

    Each client says what it said, when it has heard what it had heard. Exit status 0: the server says the same, and ends each
    connection in the same way; 1: it does not.

    \b
    iomodels replay talk.jsonl --against 127.0.0.1:8080
    iomodels replay talk.jsonl --against 127.0.0.1:8080 --cuts 3 --seed 1
    """
    context = click.get_current_context()
    try:
        address = address_of(against)
        recording = load(file)
    except ServerError as error:
        raise click.UsageError(str(error), context) from error
    except RecordingError as error:
        raise Refusal(f"{file}: {error}") from error
    except OSError as error:
        raise Refusal(f"cannot read {file}: {error.strerror}") from error
    if not recording.events:
        raise Refusal(f"{file} has no connection in it")
    again = cut_again(recording, cuts, seed) if cuts else recording
    player = Player(again, address, patience=patience, speed=speed, gap=GAP if cuts else 0.0)
    try:
        heard = player.play()
    except OSError as error:
        raise Refusal(f"cannot connect to {against}: {error.strerror or error}") from error
    found = differences(expected(recording), heard)
    render = _text if form == "text" else _json
    click.echo(render(recording, found, player.silences), nl=False)
    return 1 if found else 0


def _text(recording: Recording, found: list[Difference], silences: int) -> str:
    connections = len(recording.connections)
    lines = [difference.text() for difference in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"and {len(found) - SHOWN} more\n")
    waited = f"; {silences} times a reply did not come" if silences else ""
    total = f"{connections} connection{'' if connections == 1 else 's'}"
    lines.append(f"{total}: {f'{len(found)} heard otherwise' if found else 'alike'}{waited}\n")
    return "".join(lines)


def _json(recording: Recording, found: list[Difference], silences: int) -> str:
    document = {
        "schema_version": 1,
        "connections": len(recording.connections),
        "alike": not found,
        "silences": silences,
        "differences": [
            {
                "connection": each.connection,
                "what": each.what,
                "offset": each.offset,
                "start": each.start,
                "recorded": each.recorded.decode("latin-1"),
                "heard": each.heard.decode("latin-1"),
                "recorded_end": each.recorded_end,
                "heard_end": each.heard_end,
            }
            for each in found
        ],
    }
    return json.dumps(document, indent=2) + "\n"
