"""Console examples: read from a page's text, run in a bash as somebody would type them, and compared with what the page shows.

    ```console
    $ python -m models.select --port 8080 &
    listening on 127.0.0.1:8080
    $ echo hello | nc -N 127.0.0.1 8080
    HELLO
    ```

`$ ` begins a command and `> ` goes on with it; what follows is its output, in which `...` stands for anything. A command that
ends with `&` runs until the block ends, and the next one begins when its output is there. Ports from 8080 to 8089 stand for
free ones. A line `<!-- needs smtpd -->` above a block names a module: where there is none, the block is skipped.
"""

import doctest
import importlib.util
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from iomodels.contract.server import free_port

__all__ = ["Example", "Mistake", "examples", "run"]

FENCE = re.compile(r"^(?:<!-- needs (\w+) -->\n)?( *)(`{3,})console\n(.*?)^\2\3[ \t]*$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"(?<![\w.])808\d(?!\d)")
TOOLS = {"curl", "nc", "redis-benchmark", "redis-cli", "strace", "wrk"}  # what a machine may lack
LACKING = 3  # the exit status of our programs where a tool or a permission is missing
LONGEST = 60.0  # seconds that a command may take
COMPARE = doctest.OutputChecker()


class Mistake(AssertionError):
    """A page shows something else than what happens; the text says what."""


@dataclass
class Example:
    """A command and the output that is shown for it. needs: a module, without which its block cannot be run."""

    command: str
    output: list[str] = field(default_factory=list)
    needs: str | None = None

    @property
    def is_in_the_background(self) -> bool:
        return self.command.endswith("&") and not self.command.endswith("&&")

    @property
    def wanted(self) -> str:
        return "".join(f"{line}\n" for line in self.output)


def examples(page: str) -> Iterator[list[Example]]:
    """The blocks of a page. Raises Mistake for one that does not begin with a command."""
    for fence in FENCE.finditer(page):
        block: list[Example] = []
        for line in fence[4].splitlines():
            text = line.removeprefix(fence[2])
            if text.startswith("$ "):
                block.append(Example(text[2:], needs=fence[1]))
            elif not block:
                raise Mistake(f"a console example begins with a command, not with {text!r}")
            elif text.startswith("> ") and not block[-1].output:
                block[-1].command += f"\n{text[2:]}"
            else:
                block[-1].output.append(text)
        yield block


def run(block: list[Example], cwd: Path) -> None:
    """Run a block's commands in one bash and compare. Raises Mistake; skips where the machine lacks what is needed."""
    for example in block:
        if example.needs is not None and importlib.util.find_spec(example.needs) is None:
            pytest.skip(f"there is no {example.needs} in Python {sys.version_info[0]}.{sys.version_info[1]}")
        for tool in TOOLS & set(re.findall(r"[\w-]+", example.command)):
            if shutil.which(tool) is None:
                pytest.skip(f"{tool} is not installed here")
    ports: dict[str, str] = {}

    def with_ports(text: str) -> str:
        return PORT.sub(lambda found: ports.setdefault(found[0], str(free_port())), text)

    with Bash(cwd, sum(example.is_in_the_background for example in block)) as bash:
        for example in block:
            command, wanted = with_ports(example.command), with_ports(example.wanted)
            if example.is_in_the_background:
                came, status = bash.start(command.removesuffix("&"), wanted)
            else:
                came, status = bash.run(command)
            if not matches(wanted, came):
                if status == LACKING:
                    pytest.skip(came.strip())
                ended = f", which ended with {status}" if status is not None else ""
                raise Mistake(f"$ {command}{ended}\nshown:\n{wanted}\ncame:\n{came}")


def matches(wanted: str, came: str) -> bool:
    return wanted == came or COMPARE.check_output(wanted, came, doctest.ELLIPSIS)


class Bash:
    """A shell that is given commands one at a time. At the end whatever it has started is ended."""

    def __init__(self, cwd: Path, backgrounds: int) -> None:
        script, self._script = os.pipe()
        pipes = [os.pipe() for _ in range(backgrounds + 1)]
        (self._output, output), *others = pipes
        self._backgrounds = others  # for what runs there: from where it is read, and its number in the shell
        self._ends = [end for end, _ in pipes]
        self._started = 0
        kept = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS", "LINES")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        self._process = subprocess.Popen(
            ["bash", "--norc", f"/dev/fd/{script}"],
            cwd=cwd,
            env={**kept, "PATH": path, "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[script, *(number for _, number in others)],
            start_new_session=True,
        )
        for mine in (script, output, *(number for _, number in others)):
            os.close(mine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._script)
        self._signal(signal.SIGTERM)
        try:
            until = time.monotonic() + LONGEST / 2
            for end in self._ends:
                while self._is_open(end, until):
                    pass
        finally:
            self._signal(signal.SIGKILL)
            self._process.wait()
            for end in self._ends:
                os.close(end)

    def run(self, command: str) -> tuple[str, int]:
        """What a command has written, and its exit status."""
        mark = os.urandom(8).hex()
        self._say(f"{command}\nprintf '{mark}:%d\\n' $?\n")
        end = re.compile(rf"{mark}:(\d+)\n")
        came, _ = self._read(self._output, lambda text: end.search(text) is not None)
        found = end.search(came)
        if found is None:
            raise Mistake(f"$ {command}\ndid not end; came:\n{came}")
        return came[: found.start()], int(found[1])

    def start(self, command: str, wanted: str) -> tuple[str, int | None]:
        """What a command has written when it has written what is wanted, or has ended; its exit status, if it has."""
        end, number = self._backgrounds[self._started]
        others = "".join(f" {other}>&-" for _, other in self._backgrounds[self._started :])
        self._started += 1
        self._say(f"{command} >&{number} 2>&1{others} &\nexec {number}>&-\n")
        if not wanted:
            return "", None
        came, closed = self._read(end, lambda text: matches(wanted, text))
        # Nobody has its output open any more: it has ended, or is about to.
        return came, self.run("wait $!")[1] if closed and not matches(wanted, came) else None

    def _say(self, text: str) -> None:
        os.write(self._script, text.encode())

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            pass

    def _is_open(self, end: int, until: float) -> bool:
        """Whether somebody still writes to it, after a wait for more or for the end."""
        with selectors.DefaultSelector() as selector:
            selector.register(end, selectors.EVENT_READ)
            return bool(selector.select(max(0.0, until - time.monotonic()))) and bool(os.read(end, 65536))

    def _read(self, end: int, enough: Callable[[str], bool]) -> tuple[str, bool]:
        """What has come when it was enough, or nothing more will; and whether the writers have all closed it."""
        came = b""
        closed = False
        until = time.monotonic() + LONGEST
        with selectors.DefaultSelector() as selector:
            selector.register(end, selectors.EVENT_READ)
            while not enough(came.decode(errors="replace")) and selector.select(max(0.0, until - time.monotonic())):
                data = os.read(end, 65536)
                if not data:
                    closed = True
                    break
                came += data
        return came.decode(errors="replace"), closed
