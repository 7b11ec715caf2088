"""`http`: HTTP/1.1 and 1.0 (RFC 9110, RFC 9112), requests parsed by h11.

GET and HEAD of / greet, of anything else are 404; POST and PUT to any target return the body with ASCII a-z in upper
case; other methods are 405. Connections persist and requests may be pipelined. A request that cannot be trusted is
answered with the status that says why, and ends the conversation: where it stops is no longer sure, and a guess would
execute smuggled bytes.

h11 parses; what it leaves to a server is done here: bounds that do not depend on how the bytes were cut (h11 takes a
head of any size that arrives whole), no Content-Length beside Transfer-Encoding, no folded headers, and HTTP/1.0
connections that persist. It is given one request at a time, so that it never sees a byte of the next one.

Replies carry no Date, though RFC 9110 6.6.1 asks for one: two servers could not be compared byte by byte.
"""

import re
import time

import h11

from models.ground.conversation import Dialogue

__all__ = ["BODY_LIMIT", "GREETING", "HEAD_LIMIT", "Http", "service"]

BODY_LIMIT = 1024 * 1024  # bytes; as nginx's client_max_body_size
CODED_LIMIT = 2 * BODY_LIMIT  # a chunked body on the wire: sizes, extensions and trailers can outweigh what they carry
HEAD_LIMIT = 16 * 1024  # bytes to the end of the blank line, as h11's default; browsers and curl stay far below
GREETING = b"Hello from a classic I/O model\n"

BLANK_LINE = re.compile(rb"\n\r?\n")  # RFC 9112 2.2 lets a lone LF end a line, and so does h11
FOLD = re.compile(rb"\n[ \t]")
ROOT = re.compile(rb"(https?://[^/?]*)?/?(\?.*)?", re.IGNORECASE)  # / in origin-form and absolute-form (RFC 9112 3.2)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
REASONS = {  # RFC 9110 15; http.HTTPStatus changes its phrases from one Python to the next
    200: b"OK",
    400: b"Bad Request",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    413: b"Content Too Large",
    431: b"Request Header Fields Too Large",
    501: b"Not Implemented",
    505: b"HTTP Version Not Supported",
}


class RefusalError(Exception):
    """The request is answered with `status`, and nothing after it is read."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Http(Dialogue):
    """Owe a response for each request, in order.

    deadline: `request_seconds` after a request's first byte; None between requests, however long a connection idles.
    At the end of input a request cut short is answered 408 when its deadline has passed, else 400, so a driver whose
    wait ran out says `receive(b"")`.
    """

    __slots__ = ("_allowance", "_body", "_input", "_parser", "_persistent", "_request")

    def __init__(self) -> None:
        super().__init__()
        self._input = bytearray()  # what h11 has not been given
        self._begin()

    def _begin(self) -> None:
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT + CODED_LIMIT)
        self._request: h11.Request | None = None  # None until its head is complete
        self._persistent = False  # whether another request may follow this one
        self._allowance = 0  # bytes that its body may still take on the wire
        self._body = bytearray()
        self.deadline = None

    def feed(self, data: bytes) -> None:
        self._input += data

    def answer(self) -> bytes | None:
        try:
            reply = self._read_head() if self._request is None else self._read_body(self._request)
            if reply is None:
                self._check_time()
        except RefusalError as refusal:
            return self._refuse(refusal.status)
        except h11.RemoteProtocolError as error:
            return self._refuse(error.error_status_hint)
        return reply

    def _read_head(self) -> bytes | None:
        while self._input.startswith(b"\r\n"):  # RFC 9112 2.2: empty lines before a request are ignored
            del self._input[:2]
        blank = BLANK_LINE.search(self._input, 0, HEAD_LIMIT)
        if blank is None:
            if len(self._input) >= HEAD_LIMIT:
                raise RefusalError(431)
            return None
        head = bytes(self._input[: blank.end()])
        del self._input[: blank.end()]
        self._parser.receive_data(head)
        request = self._parser.next_event()
        assert isinstance(request, h11.Request)  # the head is whole: h11 makes a request of it or raises
        self._request = request
        headers = dict(request.headers)  # what is looked up below appears once: h11 saw to it
        coded = b"transfer-encoding" in headers
        if not request.http_version.startswith(b"1."):
            raise RefusalError(505)
        if coded and (b"content-length" in headers or request.http_version < b"1.1"):
            raise RefusalError(400)  # RFC 9112 6.1 and 6.3: an attempt at smuggling until proven otherwise
        if FOLD.search(head):
            raise RefusalError(400)  # RFC 9112 5.2; h11 would unfold it
        self._allowance = CODED_LIMIT if coded else int(headers.get(b"content-length", b"0"))
        if not coded and self._allowance > BODY_LIMIT:
            raise RefusalError(413)
        values = b",".join(value for name, value in request.headers if name == b"connection")
        options = {option.strip() for option in values.lower().split(b",")}
        self._persistent = b"close" not in options and (request.http_version > b"1.0" or b"keep-alive" in options)
        # RFC 9110 10.1.1 spares a body that is there already this invitation, but then the cut would show in the reply.
        return CONTINUE if self._parser.they_are_waiting_for_100_continue else b""

    def _read_body(self, request: h11.Request) -> bytes | None:
        if piece := bytes(self._input[: self._allowance]):  # b"" would mean the end of input to h11
            self._parser.receive_data(piece)
            del self._input[: len(piece)]
            self._allowance -= len(piece)
        while not isinstance(event := self._parser.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > BODY_LIMIT:
                    raise RefusalError(413)
            elif not self._allowance:
                raise RefusalError(413)
            else:
                return None
        self._input[:0] = self._parser.trailing_data[0]  # only a chunked body does not know where it ends
        if request.method in (b"POST", b"PUT"):
            reply = self._reply(200, bytes(self._body.upper()))
        elif request.method not in (b"GET", b"HEAD"):
            reply = self._reply(405, allow=b"Allow: GET, HEAD, POST, PUT\r\n")
        elif ROOT.fullmatch(request.target):
            reply = self._reply(200, GREETING)
        else:
            reply = self._reply(404)
        if not self._persistent:
            self.end()
        self._begin()
        return reply

    def _check_time(self) -> None:
        """Start the clock of a request that has begun; at the end of input, refuse it."""
        if self._request is None and not self._input:
            self.deadline = None
        elif self.deadline is None:
            self.deadline = time.monotonic() + self.request_seconds
        if self._input_ended and self.deadline is not None:
            raise RefusalError(408 if time.monotonic() >= self.deadline else 400)

    def _refuse(self, status: int) -> bytes:
        self._persistent = False
        reply = self._reply(status)
        self.end()
        return reply

    def _reply(self, status: int, body: bytes | None = None, *, allow: bytes = b"") -> bytes:
        """A response to the request at hand; without a body it explains itself."""
        reason = REASONS[status]
        content = reason + b"\n" if body is None else body
        connection = b""
        if not self._persistent:
            connection = b"Connection: close\r\n"
        elif self._request is not None and self._request.http_version == b"1.0":
            connection = b"Connection: keep-alive\r\n"  # a 1.0 client takes this for the last reply without it
        head = b"HTTP/1.1 %d %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n" % (status, reason, len(content))
        if self._request is not None and self._request.method == b"HEAD":
            content = b""
        return head + allow + connection + b"\r\n" + content


service = Http
