"""The client's side of each service: what to send and exactly what must come back. Free of I/O; says nothing of any server."""

import functools
import random
from abc import ABC, abstractmethod
from collections.abc import Callable

import h11

from iomodels.contract.broken import Broken

__all__ = ["DIALECTS", "MARK", "Dialect"]

SMALL = 1024  # bytes of talk that are kept: cases ask for the same few again and again, thousands of times over
LARGE = 8 * 1024 * 1024  # bytes of talk with one client that are kept: a few sizes, that take longer to make than to exchange
REQUEST = (h11.Request(method="POST", target="/", headers=[("Host", "contract")]), h11.EndOfMessage())
MARK = b"_SB"  # what `upper-sb` puts behind each chunk as it was received


class Dialect(ABC):
    """How to talk to one service.

    name: as in `--service`.
    stream: true where bytes are answered as they come, without requests (`upper`, `echo`); others answer whole requests.
    """

    name: str
    stream = False
    largest = 64 * 1024  # bytes of payload in one request at most

    @abstractmethod
    def ask(self, payload: bytes) -> tuple[bytes, bytes]:
        """One request that carries `payload`, and its reply. The payload has only bytes that `clean` leaves."""

    def decoder(self) -> Callable[[bytes], bytes]:
        """A function that takes what came on one connection, piece by piece, and returns what replies are compared by."""
        return bytes

    def clean(self, payload: bytes) -> bytes:
        """`payload` without the bytes that this service cannot carry."""
        return payload

    def farewell(self) -> tuple[bytes, bytes] | None:
        """The request after which the server ends the conversation, and its reply; None where only the client can end it."""
        return None

    def mixed(self) -> tuple[bytes, bytes]:
        """A few small requests, an empty one among them, and their replies: to be cut at every border."""
        requests, replies = zip(*(self.ask(payload) for payload in (b"", b"Hello, World!", b"\0", b"\xff\xfe z")), strict=True)
        return b"".join(requests), b"".join(replies)

    def talk(self, size: int, tag: int = 0) -> tuple[bytes, bytes]:
        """About `size` random bytes in as many requests as that takes, and their replies. The same `tag`, the same bytes."""
        if size <= SMALL:
            return _small_talk(self, size, tag)
        return (_large_talk if tag == 0 and size <= LARGE else _talk)(self, size, tag)


def _talk(dialect: Dialect, size: int, tag: int) -> tuple[bytes, bytes]:
    source = random.Random(f"{dialect.name} {tag}")
    requests, replies = [], []
    while size > 0:
        payload = dialect.clean(source.randbytes(min(size, dialect.largest))) or b"a"
        request, reply = dialect.ask(payload)
        requests.append(request)
        replies.append(reply)
        size -= max(1, min(size, dialect.largest))
    return b"".join(requests), b"".join(replies)


_small_talk = functools.lru_cache(maxsize=4096)(_talk)
_large_talk = functools.lru_cache(maxsize=8)(_talk)


class _Upper(Dialect):
    name = "upper"
    stream = True

    def ask(self, payload: bytes) -> tuple[bytes, bytes]:
        return payload, payload.upper()


class _Echo(Dialect):
    """What most servers that people write first do. No model serves it; many servers to check do."""

    name = "echo"
    stream = True

    def ask(self, payload: bytes) -> tuple[bytes, bytes]:
        return payload, payload


class _UpperSb(Dialect):
    """Compared without the marks, which fall where TCP cut the stream; a case about them connects with `raw`."""

    name = "upper-sb"
    stream = True

    def ask(self, payload: bytes) -> tuple[bytes, bytes]:
        return payload, payload.upper()

    def clean(self, payload: bytes) -> bytes:
        return payload.replace(b"_", b"-")

    def decoder(self) -> Callable[[bytes], bytes]:
        return _MarkDecoder().decode


class _MarkDecoder:
    """Takes `_SB` out of a stream that has no other `_`."""

    def __init__(self) -> None:
        self._begun = b""  # a mark of which the rest has not come

    def decode(self, raw: bytes) -> bytes:
        text, begun, rest = (self._begun + raw).replace(MARK, b"").partition(b"_")
        self._begun = begun + rest
        return text


class _Lines(Dialect):
    name = "lines"
    largest = 16 * 1024

    def ask(self, payload: bytes) -> tuple[bytes, bytes]:
        return payload + b"\n", payload.upper() + b"\n"

    def clean(self, payload: bytes) -> bytes:
        return payload.replace(b"\n", b"n").replace(b"\r", b"r")

    def farewell(self) -> tuple[bytes, bytes] | None:
        return b"QUIT\n", b"BYE\n"


class _Http(Dialect):
    name = "http"

    def ask(self, payload: bytes) -> tuple[bytes, bytes]:
        request = b"POST / HTTP/1.1\r\nHost: contract\r\nContent-Length: %d\r\n\r\n%s" % (len(payload), payload)
        return request, b"200 " + payload.upper()

    def farewell(self) -> tuple[bytes, bytes] | None:
        request, reply = self.ask(b"bye")
        return request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1), reply

    def decoder(self) -> Callable[[bytes], bytes]:
        """Servers may add headers and choose their framing: a reply is compared by its status and its body."""
        return _HttpDecoder().decode


class _HttpDecoder:
    """Replies to POST requests, as `STATUS BODY` each; h11 as a client reads them."""

    def __init__(self) -> None:
        self._connection = h11.Connection(h11.CLIENT)
        self._ask()

    def _ask(self) -> None:
        # h11 reads a reply only when it has been told of the request.
        for event in REQUEST:
            self._connection.send(event)

    def decode(self, raw: bytes) -> bytes:
        self._connection.receive_data(raw)
        came = b""
        while True:
            try:
                event = self._connection.next_event()
            except h11.RemoteProtocolError as error:
                raise Broken(f"not an HTTP reply: {error}", came=raw) from error
            if isinstance(event, h11.Response):
                came += b"%d " % event.status_code
            elif isinstance(event, h11.Data):
                came += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) and self._connection.their_state is h11.DONE:
                self._connection.start_next_cycle()
                self._ask()
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                return came


class _Resp(Dialect):
    name = "resp"

    def ask(self, payload: bytes) -> tuple[bytes, bytes]:
        bulk = b"$%d\r\n%s\r\n" % (len(payload), payload)
        return b"*2\r\n$4\r\nECHO\r\n" + bulk, bulk

    def farewell(self) -> tuple[bytes, bytes] | None:
        return b"*1\r\n$4\r\nQUIT\r\n", b"+OK\r\n"


DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (_Upper(), _UpperSb(), _Echo(), _Lines(), _Http(), _Resp())
}
