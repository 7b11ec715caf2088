"""HTTP as a client that looks closely sees it, for cases about HTTP itself: the dialect shows statuses and bodies alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

import h11

from iomodels.contract.broken import Broken, excerpt
from iomodels.contract.client import CHUNK, End
from iomodels.contract.trial import Trial

__all__ = ["Caller", "Reply", "chunked", "expect_refusal", "post"]


def post(body: bytes, *headers: bytes, version: bytes = b"1.1") -> bytes:
    """The request that every server of this service answers with the body in upper case."""
    lines = [b"POST / HTTP/" + version, b"Host: contract", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(coded: bytes) -> bytes:
    """The same request with a body that is in chunks already."""
    return b"POST / HTTP/1.1\r\nHost: contract\r\nTransfer-Encoding: chunked\r\n\r\n" + coded


@dataclass(frozen=True)
class Reply:
    """What came for a request. headers: by name in lower case."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes

    @property
    def refuses(self) -> bool:
        """Whether it says that the request is at fault, or asks for what the server does not implement."""
        return 400 <= self.status < 500 or self.status in (501, 505)

    def options(self) -> set[bytes]:
        """The words of its Connection header, in lower case."""
        return {word.strip() for word in self.headers.get(b"connection", b"").lower().split(b",")}


class Caller:
    """A client that reads reply by reply, and knows which request each is to. A context manager."""

    def __init__(self, trial: Trial) -> None:
        self.client = trial.connect(raw=True, no_delay=True)
        self._sent = b""
        self._came = b""  # and belongs to no reply yet

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.client.close()

    def send(self, request: bytes) -> None:
        """Send `request`, or a part of one, or several."""
        self._sent += request
        self.client.send(request)

    def pour(self, data: bytes, limit: int) -> int:
        """Send `data` again and again until something comes; see `Client.pour`."""
        self._sent += data
        return self.client.pour(data, limit)

    def reply(self, method: str = "POST", *, interim: bool = False) -> Reply:
        """The next reply, to a request with this method. interim: `100 Continue` and its like are replies too, not left out."""
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "contract")]))
        parser.send(h11.EndOfMessage())
        head: h11.Response | h11.InformationalResponse | None = None
        body = bytearray()
        came = self._came
        if came:
            parser.receive_data(came)
        try:
            while not isinstance(event := parser.next_event(), h11.EndOfMessage):
                if isinstance(event, h11.InformationalResponse):
                    head = event
                    if interim:
                        break
                elif isinstance(event, h11.Response):
                    head = event
                elif isinstance(event, h11.Data):
                    body += event.data
                else:
                    data = self.client.receive_some(sent=self._sent, came=came)
                    if not data and head is None:
                        words = f"the server ended the connection before its reply to {method}"
                        raise Broken(words, sent=self._sent, came=came)
                    parser.receive_data(data)
                    came = (came + data)[:CHUNK]
        except h11.RemoteProtocolError as error:
            raise Broken(f"this is not a reply to {method}: {error}", sent=self._sent, came=came) from error
        self._came = parser.trailing_data[0]
        assert head is not None
        return Reply(head.status_code, dict(head.headers), bytes(body))

    def expect(self, body: bytes, method: str = "POST") -> Reply:
        """The next reply has status 200 and exactly this body."""
        reply = self.reply(method)
        expected, came = b"200 " + body, b"%d %b" % (reply.status, reply.body)
        if came != expected:
            raise Broken(f"a wrong reply to {method} came (status and body)", sent=self._sent, expected=expected, came=came)
        return reply

    def expect_refusal(self, what: str) -> None:
        """The next reply refuses. what: what it refuses, in words."""
        reply = self.reply()
        if not reply.refuses:
            raise Broken(f"{what} was answered {reply.status} {excerpt(reply.body)}, and must be refused", sent=self._sent)

    def expect_end(self, after: str, *, may_reset: bool = False) -> None:
        """Nothing more comes, and the server ends the connection with FIN. after: the words that say after what.

        may_reset: RST will do, where this side has gone on sending.
        """
        if came := self.rest(after, may_reset=may_reset):
            raise Broken(f"the server must end the connection after {after}, and went on", sent=self._sent, came=came)

    def rest(self, after: str, *, may_reset: bool = False) -> bytes:
        """All that still comes until the server ends the connection, which it must."""
        try:
            came, end = self.client.read_to_end(CHUNK)
        except Broken as broken:
            words = f"the server must end the connection after {after}: {broken.words}"
            raise Broken(words, sent=self._sent, came=broken.came) from broken
        if end is End.RST and not may_reset:
            words = f"the server must end the connection with FIN after {after}, and reset it: its reply may be lost by that"
            raise Broken(words, sent=self._sent, came=self._came + came)
        return self._came + came


def expect_refusal(trial: Trial, request: bytes, what: str) -> None:
    """`request` is refused and the connection ends, though the one before it was answered, and the one behind it waits already.

    What a server makes of the rest of a request that it has misread is seen.
    """
    with Caller(trial) as caller:
        caller.send(post(b"before"))
        caller.expect(b"BEFORE")
        caller.send(request + post(b"behind"))
        caller.expect_refusal(what)
        caller.expect_end(f"it refused {what}")
