"""Taking a trace: the variant under strace, and two clients, of which the second comes while the first is still there.

The clients do the same whoever serves them: A connects, sends, has its reply and says no more; B connects and sends; when B has
its reply, or when it is clear that it has to wait, A leaves; B leaves. Between two steps a client is silent until the server
is asleep, so that its waiting shows: AGREE looks in a row find every thread suspended (proc(5)).
"""

import platform
import select
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack

from iomodels.catalogue import Variant
from iomodels.contract.broken import Broken
from iomodels.contract.client import Client
from iomodels.contract.dialects import DIALECTS
from iomodels.contract.server import Server
from iomodels.trace.strace import read
from iomodels.trace.timeline import Mark, Timeline, build
from iomodels.trace.under import ABSENT, NoTracing, stop_traced, under_strace

__all__ = ["ABSENT", "NoTracing", "record"]

FLAGS = ("-T", "-y", "-s", "16")
PATIENCE = 20.0  # seconds of silence after which a client gives up
AGREE = 5  # looks in a row: a thread that computes sleeps now and then as well, for the interpreter lock
LOOK = 0.002  # seconds between two looks: of another process's sleep no event tells
SOON = 0.02  # seconds between two of them while a reply may come, which is an event
RESTLESS = 0.1  # seconds after which a server that is never asleep is taken for one that does not wait
UNSEEN = "the kernel does not tell which connection is whose (sock_diag(7), CONFIG_INET_DIAG)"


def record(variant: Variant, service: str = "upper", options: Sequence[str] = ()) -> Timeline:
    """Start a variant under strace, have two clients talk to it, and stop it; what happened meanwhile.

    options: more of the variant's own. Raises NoTracing when there is no strace, or it may not trace; Unavailable when the
    variant cannot run here; ServerError when it does not start; Broken when it does not serve.
    """
    with under_strace(variant.launch(service), FLAGS, options) as (server, output):
        visit = Visit(server, service)
        visit.make()
        stop_traced(server)
        seen = read(output.read_text(errors="replace").splitlines())
    return build(
        seen,
        visit.marks,
        begin=visit.begin,
        end=visit.end,
        clients=visit.inodes,
        backlog=visit.backlog,
        variant=variant.name,
        service=service,
        options=options,
        metadata=_metadata(),
    )


class Visit:
    """Two clients at a server, and what they noted.

    marks: what they did, and when. begin, end: from the silence before A to the end of B. inodes: which client is which, by
    the server's ends of their connections. backlog: whether B was not even accepted while it waited.
    """

    def __init__(self, server: Server, service: str) -> None:
        self.marks: list[Mark] = []
        self.inodes: dict[int, str] = {}
        self.begin = self.end = 0
        self.backlog = False
        self._server = server
        self._dialect = DIALECTS[service]

    def make(self) -> None:
        """Go there, and leave again."""
        self._until_asleep()
        self.begin = _now()
        self._until_asleep()
        with ExitStack() as stack:
            a = stack.enter_context(self._connect("A"))
            self._note(a, "A")
            self._until_asleep()
            reply = self._send(a, "A", b"hello")
            self._answered(a, "A", reply)
            self._until_asleep()
            b = stack.enter_context(self._connect("B"))
            reply = self._send(b, "B", b"world")
            if served := self._hears(b):
                self._answered(b, "B", reply)
                self._note(b, "B")
                self._until_asleep()
            else:
                self.backlog = self._server.queued() > 0
            self._leave(a, "A")
            if not served:
                self._answered(b, "B", reply)
                self._note(b, "B")
            self._until_asleep()
            self._leave(b, "B")
        self._until_asleep()

    def _connect(self, name: str) -> Client:
        caller = socket.socket(socket.AF_INET6 if ":" in self._server.host else socket.AF_INET)
        caller.settimeout(PATIENCE)
        began = _now()
        caller.connect((self._server.host, self._server.port))
        self.marks.append(Mark(began, _now(), name, "connects"))
        return Client(caller, PATIENCE, self._dialect.decoder())

    def _send(self, client: Client, name: str, words: bytes) -> bytes:
        request, reply = self._dialect.ask(words)
        began = _now()
        client.send(request)
        self.marks.append(Mark(began, _now(), name, "sends"))
        return reply

    def _answered(self, client: Client, name: str, reply: bytes) -> None:
        client.expect(reply)
        self.marks.append(Mark(_now(), _now(), name, "is answered"))

    def _leave(self, client: Client, name: str) -> None:
        began = _now()
        client.half_close()
        self.marks.append(Mark(began, _now(), name, "leaves"))
        if self._hears(client):
            self.marks.append(Mark(_now(), _now(), name, "is let go"))
            client.expect_fin()
        self.end = _now()
        client.close()

    def _note(self, client: Client, name: str) -> None:
        """Which socket of the server is this client's, once it has been accepted."""
        give_up = time.monotonic() + PATIENCE
        while (end := client.far_end()) is not None and not end.held:
            if time.monotonic() > give_up:
                raise Broken(f"{name} is not accepted (looked for {PATIENCE:g} s)")
            time.sleep(LOOK)
        if end is None:
            raise NoTracing(UNSEEN)
        self.inodes[end.inode] = name

    def _until_asleep(self) -> None:
        """Wait until the server is seen asleep, or never has been for so long that it does not wait at all."""
        give_up = time.monotonic() + RESTLESS
        agreed = 0
        while agreed < AGREE and time.monotonic() < give_up:
            time.sleep(LOOK)
            agreed = agreed + 1 if self._server.is_asleep() else 0

    def _hears(self, client: Client) -> bool:
        """Wait until the client has something to read, or the server is seen asleep; whether it was the first."""
        give_up = time.monotonic() + PATIENCE
        agreed = 0
        while agreed < AGREE:
            if client.ready(select.POLLIN, SOON):
                return True
            if time.monotonic() > give_up:
                raise Broken(f"the server neither says anything nor sleeps (looked for {PATIENCE:g} s)")
            agreed = agreed + 1 if self._server.is_asleep() else 0
        return False


def _now() -> int:
    return time.time_ns() // 1000  # strace's clock, in its unit


def _metadata() -> dict[str, str]:
    """Where it was taken, as far as figures depend on it."""
    kernel = ".".join(platform.release().split(".")[:2])
    version = subprocess.run(["strace", "-V"], capture_output=True, text=True).stdout.partition("\n")[0]
    return {"kernel": f"Linux {kernel}", "python": platform.python_version(), "strace": version.rpartition(" ")[2]}
