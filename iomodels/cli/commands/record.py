"""`iomodels record`: a relay that writes down what clients and a server say."""

import resource
import signal
import socket
from contextlib import suppress
from pathlib import Path

import rich_click as click

from iomodels.cli.options import Failed, Refusal, ReportFile
from iomodels.contract.runner import address_of
from iomodels.contract.server import ServerError
from iomodels.replay.recording import RecordingError
from iomodels.replay.redact import patterns
from iomodels.replay.relay import Relay
from iomodels.replay.sink import Sink

__all__ = ["command"]

BACKLOG = 1024  # as many as the models have
REACHED = 5.0  # seconds in which the upstream must take a connection


@click.command("record")
@click.option("--listen", required=True, metavar="PORT|HOST:PORT", help="Where clients come; port 0 is a free one.")
@click.option("--upstream", required=True, metavar="HOST:PORT", help="The server that they are to reach.")
@click.option("-o", "--output", required=True, type=ReportFile(), metavar="FILE", help="Where it is written.")
@click.option("--redact", multiple=True, metavar="REGEX", help="Blot out in FILE what matches; any number of times.")
@click.option("--max-bytes", type=click.IntRange(min=1), metavar="N", help="Write no more than that; traffic goes on.")
def command(listen: str, upstream: str, output: Path, redact: tuple[str, ...], max_bytes: int | None) -> int:
    """Relay clients to a server and write down what both say, until Ctrl-C or SIGTERM.

    Bytes, half-close and reset pass as they are; a slow side slows the other down. At the start one connection is made and
    closed, to see whether the server is there. The file is for `iomodels replay`; it holds whatever passes: use --redact for
    secrets.

    \b
    iomodels record --listen 8081 --upstream 127.0.0.1:8080 -o talk.jsonl
    iomodels record --listen 2525 --upstream mail:25 -o mail.jsonl --redact '(?i)AUTH PLAIN \\S+'
    """
    try:
        patterns(redact)
        server = _reached(address_of(upstream))
        listener = _listener(listen)
        with listener, output.open("wb", buffering=0) as file:
            sink = Sink(file, f"{server[0]}:{server[1]}", redact, max_bytes)
            sink.flush()
            _relay(Relay(listener, server, sink), listener, upstream, output)
    except (ServerError, RecordingError) as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    except OSError as error:
        raise Failed(f"cannot write {output}: {error.strerror}") from error
    full = f"; {output} is full and has the beginning of it" if sink.full else ""
    count = f"{sink.connections:,} connection{'' if sink.connections == 1 else 's'}"
    click.echo(f"{count}, {sink.asked:,} bytes from clients, {sink.answered:,} bytes from the server{full}")
    return 0


def _relay(relay: Relay, listener: socket.socket, upstream: str, output: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: relay.stop())
    host, port = listener.getsockname()[:2]
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    click.echo(f"listening on {name}", err=True)
    click.echo(f"what is said with {upstream} goes to {output}; Ctrl-C ends it", err=True)
    relay.run()


def _reached(address: tuple[str, int]) -> tuple[str, int]:
    """The address of the server, numeric, as it was reached. Raises Refusal."""
    try:
        with socket.create_connection(address, timeout=REACHED) as sock:
            host, port = sock.getpeername()[:2]
            return str(host), int(port)
    except OSError as error:
        raise Refusal(f"cannot reach {address[0]}:{address[1]}: {error.strerror or error}") from error


def _listener(text: str) -> socket.socket:
    """Listen there. Raises Refusal."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not port.isdecimal() or int(port) > 65535 or text.startswith(":"):
        raise Refusal(f"{text!r} is nowhere to listen: it is PORT or HOST:PORT, as in 127.0.0.1:8081")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise Refusal(f"cannot listen on {text}: {(error.strerror or str(error)).partition(' (while')[0]}") from error
