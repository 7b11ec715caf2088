"""One conversation with one server, and all that is to be seen of it: what was said, how it ended, what it left behind."""

import contextlib
import signal
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from iomodels.contract.broken import Broken
from iomodels.contract.server import Launch, Server, ServerError
from iomodels.differ import trees
from iomodels.differ.after import output
from iomodels.differ.conversations import Conversation
from iomodels.differ.files import Folder, snapshot
from iomodels.differ.masks import Masks
from iomodels.differ.play import Play
from iomodels.differ.played import Pace, Played
from iomodels.replay.heard import End

__all__ = ["Asked", "Aspect", "Observation", "Subject"]

Aspect = tuple[str, ...]  # what was looked at: ("bytes", "1"), ("end", "1"), ("waits", "1", "3"), ("file", "mail/1"), ("log",)
GRACE = 5.0  # seconds in which a server that was sent SIGTERM ends
REST = 0.5  # seconds that are waited for a server to come to rest
LOOK = 0.002  # seconds between two looks


@dataclass(frozen=True)
class Asked:
    """What is looked at beside what is said. folder: what is under it afterwards. after: a command for sh, whose output is
    compared; `{port}` and `{dir}` stand in it for what they stand for in the server's. order: who of several clients waits for
    whom. stops: how connections end when the server is stopped."""

    exit_status: bool = False
    log: bool = False
    after: str | None = None
    folder: Folder | None = None
    masks: Masks = field(default_factory=Masks)
    order: bool = True
    stops: bool = True


@dataclass(frozen=True)
class Observation:
    """aspects: what is compared, masked. raw: the same as it was. played: what clients heard."""

    played: Played
    aspects: Mapping[Aspect, bytes]
    raw: Mapping[Aspect, bytes]


class Subject:
    """One of the two servers: started for each conversation, or once for all of them.

    command: as a user writes it; `{dir}` in it stands for a folder that is new for each start, and watched. tree: a
    folder that is copied for each start, and what the server writes in its copy is compared; `{tree}` stands for the copy, and
    is compared where its name is told. start: where in the copy it runs, and `after` as well.
    """

    def __init__(
        self,
        name: str,
        command: str,
        asked: Asked,
        *,
        wait: float = 10.0,
        keep: bool = False,
        tree: Path | None = None,
        start: Path = Path(),
    ) -> None:
        self.name, self.command, self._tree, self._start = name, command, tree, start
        self._asked, self._wait, self._keep = asked, wait, keep
        self._kept: Server | None = None
        self._running: set[Server] = set()
        self._stopped = False
        Launch.from_text(command)

    def observe(self, conversation: Conversation, pace: Pace, expected: Played | None = None) -> Observation:
        """Play it, and look. Raises ServerError when the server does not start."""
        with tempfile.TemporaryDirectory(prefix="iomodels-") as folder, trees.copied(self._tree) as tree:
            server = self._server(folder, tree)
            try:
                play = Play(
                    conversation,
                    (server.host, server.port),
                    pace=pace,
                    expected=expected,
                    stop=lambda: server.signal(signal.SIGTERM),
                    rest=partial(server.rest, REST, LOOK),
                )
                played = play.play()
                found = dict(_heard(played, conversation, self._asked.stops or not conversation.stops))
                found.update(self._left_behind(server, conversation, Path(folder), tree))
            finally:
                if not self._keep or server.status is not None or conversation.stops:
                    self._running.discard(server)
                    server.kill()
                    self._kept = None
                if self._asked.folder is not None:
                    self._asked.folder.restore()
        masks = self._asked.masks
        ports, pids = (server.port, *played.ports), (server.pid,)
        raw = {aspect: trees.without_places(value, folder, tree) for aspect, value in found.items()}
        masked = {aspect: masks(value, port=ports, pid=pids) for aspect, value in raw.items()}
        ordered = self._asked.order or len(conversation.connections) == 1
        for aspect, (count, rest) in _waits(played) if ordered else ():
            data = masks(bytes(played.heard[int(aspect[1])].data[:count]), port=ports, pid=pids)
            raw[aspect] = f"{count:,} bytes, {rest}".encode()
            masked[aspect] = f"{len(data):,} bytes, {rest}".encode()
        return Observation(played, masked, raw)

    def stop(self) -> None:
        """End what runs of it, from any thread."""
        self._stopped = True
        while self._running:
            self._running.pop().kill()
        self._kept = None

    def _server(self, folder: str, tree: Path | None) -> Server:
        if self._kept is not None and self._kept.status is None:
            return self._kept
        launch = trees.launch(self.command, folder, tree, self._start)
        try:
            server = launch.start(wait=self._wait)
        except ServerError as error:
            if "in use" not in str(error):
                raise
            server = launch.start(wait=self._wait)  # somebody took the port between its choice and its use
        self._running.add(server)
        if self._stopped:
            server.kill()
            raise ServerError("it was stopped")
        server.rest(REST, LOOK)  # who asked whether it is there has gone
        if self._keep:
            self._kept = server
        return server

    def _left_behind(
        self, server: Server, conversation: Conversation, folder: Path, tree: Path | None
    ) -> Iterator[tuple[Aspect, bytes]]:
        """What there is to see behind a conversation, the server's end included where that is asked for."""
        asked = self._asked
        server.rest(REST, LOOK)
        if asked.after is not None:
            command = asked.after.replace("{port}", str(server.port)).replace("{dir}", str(folder))
            yield ("after",), output(command, tree / self._start if tree is not None else None)
        ended = server.status is not None and not conversation.stops
        yield ("server",), f"ended by itself: {_how(server.status)}".encode() if ended else b"runs"
        files = asked.folder is not None or "{dir}" in self.command or tree is not None
        if asked.exit_status or asked.log or files:
            status = _end(server)
            if asked.exit_status:
                yield ("exit",), _how(status).encode()
        if asked.log:
            yield ("log",), server.log().encode("utf-8", "replace") + server.rest_of_output()
        changed: dict[str, bytes | None] = asked.folder.changes() if asked.folder is not None else {}
        for name, content in (*changed.items(), *snapshot(folder).items()):
            yield ("file", name), b"(removed)" if content is None else content
        for name, content in trees.changed(self._tree, tree).items() if self._tree is not None and tree is not None else ():
            where = f"{{tree}}/{name}" if "{dir}" in self.command else name
            yield ("file", where), b"(removed)" if content is None else content


def _heard(played: Played, conversation: Conversation, ends: bool) -> Iterator[tuple[Aspect, bytes]]:
    for number in conversation.connections:
        heard = played.heard.get(number)
        if heard is not None:
            yield ("bytes", str(number)), bytes(heard.data)
            if ends:
                yield ("end", str(number)), heard.end.encode()


def _waits(played: Played) -> Iterator[tuple[Aspect, tuple[int, End]]]:
    """What each client had heard at each pause, but for the last, of which bytes and ends tell."""
    for pause, marks in enumerate(played.marks[:-1]):
        for number, mark in marks.items():
            yield ("waits", str(number), str(pause)), (mark.count, mark.end)


def _end(server: Server) -> int | None:
    """Send SIGTERM and wait; the exit status, None when it goes on."""
    server.signal(signal.SIGTERM)
    with contextlib.suppress(Broken):
        return server.wait(GRACE)
    return None


def _how(status: int | None) -> str:
    if status is None:
        return f"still runs {GRACE:g} s after SIGTERM"
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
