"""What the benchmarks' command lines and tables have in common."""

import argparse
import os
import platform
import re
import resource
import shlex
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from benchmarks.measuring import FailedError, NotStartedError, UnavailableError
from benchmarks.servers import GROUPS, Server, choose, servers
from iomodels.choose import nearest

__all__ = [
    "Absent",
    "Parser",
    "Table",
    "end_in_order",
    "machine",
    "markdown",
    "positive",
    "positives",
    "progress",
    "text",
]

Table = list[list[str]]  # the heading first


class Parser(argparse.ArgumentParser):
    """Which servers, how often and in what shape; says what was wrong in one line."""

    def __init__(self, name: str, description: str, *, group: str, rounds: int) -> None:
        super().__init__(prog=name, description=description)
        add = self.add_argument
        add("--group", choices=list(GROUPS), default=group, help="measure these (default: %(default)s)")
        add(
            "--only",
            metavar="NAMES",
            help="measure these instead: names or shell patterns, separated by commas: any model (epoll), any async variant"
            " (asyncio+uvloop/selectors), any floor (floor/asyncio_streams+uvloop), ceiling, ten_lines",
        )
        add(
            "--server",
            metavar="NAME=COMMAND",
            type=named_command,
            action="append",
            default=[],
            help="one more; may be repeated",
        )
        add("--rounds", type=positive, default=rounds, help="how often each is measured (default: %(default)s)")
        add("--format", choices=("text", "json", "md"), default="text", help="(default: %(default)s)")

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")

    def chosen(self, options: argparse.Namespace) -> list[Server]:
        """The servers that the command line asks for."""
        extra = {server.name: server for server in options.server}
        known = servers() | extra
        names, unknown = choose(options.only.split(",") if options.only is not None else GROUPS[options.group], known)
        if unknown:
            self.error(f"unknown server: {', '.join(map(repr, unknown))}{nearest(unknown[0], known)}")
        return [known[name] for name in dict.fromkeys([*names, *extra])]

    def allow(self, connections: int) -> None:
        """Raise the limit of descriptors, for us and for the servers; it must do."""
        _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        if limit != resource.RLIM_INFINITY and connections + 64 > limit:
            self.error(f"{connections} connections need more descriptors than the hard limit of {limit} allows")


@dataclass
class Absent:
    """The servers that could not be measured, and why."""

    skipped: dict[str, str] = field(default_factory=dict)  # cannot run here
    not_started: dict[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.skipped or name in self.not_started

    def note(self, name: str, error: UnavailableError, *, started_before: bool) -> None:
        """Take it down. FailedError about one that was measured already."""
        if started_before:
            raise FailedError(f"{name} started before, and now does not: {error}")
        (self.not_started if isinstance(error, NotStartedError) else self.skipped)[name] = str(error)

    def remarks(self) -> list[str]:
        """A line for each."""
        return [
            *(f"skipped: {name}: {reason}" for name, reason in self.skipped.items()),
            *(f"did not start: {name}: {reason}" for name, reason in self.not_started.items()),
        ]


def positive(text: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"not a whole number above 0: {text!r}")
    return int(text)


def positives(text: str) -> list[int]:
    return list(dict.fromkeys(positive(part) for part in text.split(",")))


def named_command(text: str) -> Server:
    name, equals, command = text.partition("=")
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}: {text!r}") from None
    if not (name and equals and words):
        raise argparse.ArgumentTypeError(f"not NAME=COMMAND: {text!r}")
    return Server(name, words)


def end_in_order() -> None:
    """Have SIGINT and SIGTERM end the program through every `finally`, once: a second Ctrl-C must not leave a server behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)


def interrupted(number: int, _: object) -> NoReturn:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    progress("")
    raise SystemExit(128 + number)


def progress(line: str) -> None:
    """One line on a terminal, written over; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def machine() -> str:
    """What the figures hold for."""
    try:
        model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        model = None
    processor = model[1] if model else platform.machine()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{platform.system()} {platform.release()}, {python}, {processor}, {os.cpu_count()} cores"


def text(tables: Iterable[tuple[str, Table]], remarks: list[str]) -> str:
    """Tables with their captions, in columns, and then the remarks."""
    lines: list[str] = []
    for caption, table in tables:
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines.append(caption)
        lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
        lines.append("")
    return "\n".join([*lines, *remarks])


def markdown(tables: Iterable[tuple[str, Table]], remarks: list[str]) -> str:
    """The same in Markdown."""
    lines: list[str] = []
    for caption, table in tables:
        heading, *body = (f"| {' | '.join(row)} |" for row in table)
        lines += [f"**{caption}**", "", heading, "|" + "---|" * len(table[0]), *body, ""]
    return "\n".join([*lines, *(f"- {remark}" for remark in remarks)])
