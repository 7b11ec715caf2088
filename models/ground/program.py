"""The two lines that run a model: the command line, the ready line, and one clear line for whatever is wrong.

`run(serve)` parses the options that all models share, and those that this one has of its own: the keyword-only parameters of
its `serve`, each `name: Annotated[type, "what it is"] = default`. So a model states its options once, where it uses them.

What few runs need is imported where it is needed: a server is started in the time that its imports take.
"""

import argparse
import gc
import importlib
import inspect
import logging
import runpy
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NoReturn, TypeVar, get_args, get_type_hints

from models.ground import services
from models.ground.conversation import Conversation, Service
from models.ground.listener import BACKLOG, GRACE, Listener, describe
from models.ground.watch import STOPPING, Watch, hold_signals, signal_bell

__all__ = ["Parser", "Start", "Unavailable", "fail", "prepare", "program_name", "require", "run"]

CANNOT_LISTEN = 1
USAGE = 2
UNAVAILABLE = 3
CLASSIC = "sockets"  # the runtime of models/ itself
INT_MAX = 2**31 - 1  # a C int: more than that listen(2) cannot be told


class Unavailable(Exception):
    """What a model needs is absent or forbidden here; its text is one sentence for the user."""


class Parser(argparse.ArgumentParser):
    """argparse, but an error is one line, and exit status 2; and a description keeps its lines."""

    def __init__(self, **rest: Any) -> None:
        # It makes a formatter for each option, which imports shutil, to ask how wide the terminal is, unless it is told.
        super().__init__(formatter_class=partial(argparse.HelpFormatter, width=80), **rest)

    def format_help(self) -> str:
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        fail(message, USAGE, self.prog)

    def parse(self, arguments: Sequence[str] | None = None) -> argparse.Namespace:
        """Parse the command line; an unknown option is named with the nearest known one.

        With `--on RUNTIME` the program's pair on that runtime is run instead, and does not return.
        """
        if program_name().startswith("models."):
            arguments = self._on_its_runtime(sys.argv[1:] if arguments is None else arguments)
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            known = [option for action in self._actions for option in action.option_strings]
            kind = "option" if unknown[0].startswith("-") else "argument"
            self.error(f"unknown {kind} {unknown[0]}{nearest(unknown[0].split('=')[0], known)}")
        gc.freeze()  # what has been imported stays: no collection looks at it again, in a forked child or at the end
        return options

    def _on_its_runtime(self, arguments: Sequence[str]) -> Sequence[str]:
        text = "run its pair on that runtime instead, with the options that it has there: asyncio, trio, anyio"
        self.add_argument("--on", metavar="RUNTIME", help=text)
        finder = Parser(prog=self.prog, add_help=False, allow_abbrev=False)
        finder.add_argument("--on", default=CLASSIC)
        found, rest = finder.parse_known_args(arguments)
        if found.on != CLASSIC:
            _run_on(found.on, rest)
        return rest


def _run_on(runtime: str, arguments: list[str]) -> NoReturn:
    from pathlib import Path

    name = program_name().rpartition(".")[2]
    pairs = {path.parent.name: path for path in Path(__file__).parents[2].glob(f"async_models/[!_]*/{name}.py")}
    if runtime not in pairs:
        fail(f"{name} is not on {runtime!r}{nearest(runtime, [CLASSIC, *pairs])}", USAGE)
    sys.argv[1:] = arguments
    runpy.run_module(f"async_models.{runtime}.{name}", run_name="__main__", alter_sys=True)
    sys.exit()


def nearest(word: str, known: list[str]) -> str:
    """`; did you mean X?` when a known word is near, otherwise nothing."""
    import difflib

    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def program_name() -> str:
    """The name under which the running module was started: `models.select`."""
    spec = sys.modules["__main__"].__spec__
    return spec.name.removesuffix(".__main__") if spec is not None else "models"


def fail(message: str, status: int, name: str | None = None) -> NoReturn:
    """End with one line on standard error."""
    print(f"{name or program_name()}: {' '.join(message.splitlines())}", file=sys.stderr)
    sys.exit(status)


def require(module: str, *, package: str) -> Any:
    """The module, or the end of the program, with the name of the package that has it. Exit status 3."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        fail(f"it needs the module {module}, which is not installed; pip install {package}", UNAVAILABLE)


def run(serve: Callable[..., None], *, needs: Callable[[], None] | None = None, forks: bool = False) -> None:
    """Serve from the command line, until a signal stops it.

    serve: `serve(listener, service, *, own_option=default)`.
    needs: raises Unavailable when the model cannot run here; exit status 3.
    forks: the model has children, and waits for signals itself (see `processes.py`): no watch is started.
    """
    start = prepare(serve, Listener, needs=needs)
    if forks:
        hold_signals()
    else:
        Watch(start.listener, signal_bell(*STOPPING)).start()
    start.announce()
    serve(start.listener, start.service, **start.own)
    start.listener.remove()


L = TypeVar("L", bound=Listener)


@dataclass(frozen=True)
class Start(Generic[L]):
    """What a program serves with.

    listener: open, of the class that was asked for. service: what is said. own: the model's own options, by name.
    options: all that the command line said.
    """

    listener: L
    service: Service
    own: dict[str, Any]
    options: argparse.Namespace

    def announce(self) -> None:
        """The ready line: from here on a connection would be accepted, and a signal be heard."""
        print(f"listening on {self.listener.name}", flush=True)


def prepare(
    serve: Callable[..., object],
    listener_type: type[L],
    *,
    needs: Callable[[], None] | None = None,
    add_options: Callable[[Parser], None] | None = None,
) -> Start[L]:
    """Read the command line, begin to log, find the service and listen; or end the program with one line that says why not."""
    own = _own_options(serve)
    parser = _parser(own)
    if add_options is not None:
        add_options(parser)
    options = parser.parse()
    logging.basicConfig(stream=sys.stderr, level=options.log_level.upper(), format=f"{program_name()}: %(message)s")
    try:
        if needs is not None:
            needs()
    except Unavailable as error:
        fail(str(error), UNAVAILABLE)
    try:
        service = services.find(options.service)
    except LookupError as error:
        misspelt = ":" not in options.service and options.service not in services.names()
        fail(f"{error.args[0]}{nearest(options.service, services.names()) if misspelt else ''}", USAGE)
    Conversation.request_seconds = options.request_timeout
    return Start(_listen(options, listener_type), service, {name: getattr(options, name) for name in own}, options)


def _parser(own: dict[str, tuple[type, str, object]]) -> Parser:
    document = inspect.getdoc(sys.modules["__main__"]) or ""
    parser = Parser(
        prog=program_name(),
        description=document,
        allow_abbrev=False,
        epilog="SIGINT or SIGTERM: no new clients, conversations end, exit status 0; a second signal ends at once.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="name, IPv4 or IPv6 address to listen on (default: %(default)s)")
    add("--port", type=port_number, default=8080, help="port; 0 picks a free one (default: %(default)s)")
    add("--unix", type=socket_path, metavar="PATH", help="listen on a Unix socket instead")
    add("--backlog", type=positive, default=BACKLOG, help="clients that may wait unaccepted (default: %(default)s)")
    add("--reuse-port", action="store_true", help="SO_REUSEPORT: let other processes listen on the same port")
    add(
        "--service",
        default="upper",
        help=f"what is said: {', '.join(services.names())}, or package.module:factory (default: %(default)s)",
    )
    add(
        "--max-connections",
        type=positive,
        metavar="N",
        help="serve N clients at once; the surplus waits in the backlog",
    )
    add(
        "--request-timeout",
        type=seconds,
        metavar="SECONDS",
        default=Conversation.request_seconds,
        help="for a request that has begun to arrive whole, in services that have a limit: http (default: %(default)s)",
    )
    add(
        "--grace",
        type=seconds,
        metavar="SECONDS",
        default=GRACE,
        help="for conversations to end in after the first signal (default: %(default)s)",
    )
    add("--log-level", choices=["debug", "info", "warning", "error"], default="info", help="(default: %(default)s)")
    for name, (kind, text, default) in own.items():
        option = f"--{name.replace('_', '-')}"
        if kind is bool:
            add(option, action="store_true", help=text)
        else:
            add(
                option,
                type=_KINDS[kind],
                default=default,
                metavar=kind.__name__.upper(),
                help=f"{text} (default: {default})",
            )
    return parser


def _listen(options: argparse.Namespace, listener_type: type[L]) -> L:
    where = options.unix or describe((options.host, options.port))
    try:
        if options.unix:
            listener = listener_type.at_path(options.unix, options.backlog)
        else:
            listener = listener_type.at_address(options.host, options.port, options.backlog, reuse_port=options.reuse_port)
    except PermissionError as error:
        hint = "; ports below 1024 need privileges" if not options.unix and options.port < 1024 else ""
        fail(f"cannot listen on {where}: {error.strerror}{hint}", CANNOT_LISTEN)
    except OSError as error:
        fail(f"cannot listen on {where}: {error.strerror or error}", CANNOT_LISTEN)
    except UnicodeError:  # getaddrinfo cannot spell it: an empty label, or one of more than 63 bytes
        fail(f"cannot listen on {where}: {options.host!r} is not a host name", CANNOT_LISTEN)
    listener.limit = options.max_connections
    listener.grace = options.grace
    return listener


def _own_options(serve: Callable[..., object]) -> dict[str, tuple[type, str, object]]:
    """Type, help and default of each keyword-only parameter of `serve`."""
    hints = get_type_hints(serve, include_extras=True)
    own = {}
    for name, parameter in inspect.signature(serve).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            kind, text = get_args(hints[name])
            own[name] = (kind, text, parameter.default)
    return own


def port_number(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def socket_path(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= INT_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 to {INT_MAX}")
    return int(text)


def seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


_KINDS: dict[type, Callable[[str], object]] = {int: positive, float: seconds}
