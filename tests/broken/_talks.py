"""Small sound servers of `lines`, `http` and `resp`, in threads. A broken one is one of them with its defect."""

import re
import socket
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import ClassVar

from tests.broken._servers import Threads

__all__ = ["KIB", "MIB", "Http", "Lines", "RefusalError", "Resp", "Talk", "run"]

KIB = 1024
MIB = 1024 * KIB
LINGER = 0.5  # seconds in which the client has to close, after our FIN
REQUEST_LINE = re.compile(rb"([A-Z]+) (/[!-~]*) HTTP/(1\.[01])")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*")
BAD = b"400 Bad Request"


class RefusalError(Exception):
    """What came is no request; `reply` says so, and the conversation ends."""

    def __init__(self, reply: bytes) -> None:
        super().__init__(reply)
        self.reply = reply


class Talk(ABC):
    """A conversation of requests and replies, with blocking calls."""

    def __init__(self, server: Threads, connection: socket.socket) -> None:
        self.server = server
        self.connection = connection
        self.buffer = bytearray()

    def run(self) -> None:
        with suppress(EOFError):
            self.converse()
        self.end()

    @abstractmethod
    def converse(self) -> None:
        """Answer requests until one was the last; EOFError says that the client has sent FIN."""

    def end(self) -> None:
        """FIN, and then whatever the client still says: closing with input unread would make the kernel send RST."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER)
        while self.connection.recv(64 * KIB):
            pass

    def say(self, reply: bytes) -> None:
        self.connection.sendall(reply)

    def more(self) -> None:
        """Wait for input. Raises EOFError at its end."""
        data = self.server.receive(self.connection)
        if not data:
            raise EOFError
        self.buffer += data

    def until(self, mark: bytes, limit: int, refusal: bytes) -> bytes:
        """All up to `mark`, which is left out. Raises RefusalError when it does not come within `limit` bytes."""
        searched = 0
        while (end := self.buffer.find(mark, searched, limit)) < 0:
            if len(self.buffer) >= limit:
                raise RefusalError(refusal)
            searched = max(0, len(self.buffer) - len(mark))
            self.more()
        return self.take(end + len(mark))[:end]

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self.more()
        return self.take(count)

    def take(self, count: int) -> bytes:
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken


class Lines(Talk):
    """`lines`: each line in upper case, and BYE for QUIT."""

    limit = 64 * KIB

    def converse(self) -> None:
        while line := self.line():
            content, ending = self.cut(line)
            if self.is_last(content):
                self.say(b"BYE" + ending)
                return
            self.say(content.upper() + ending)

    def line(self) -> bytes:
        """The next line with its ending; b"" when there is none any more."""
        try:
            return self.until(b"\n", self.limit, b"") + b"\n"
        except RefusalError:
            self.say(b"this line is too long\n")
            return b""
        except EOFError:
            return self.last_line()

    def last_line(self) -> bytes:
        """What FIN ended instead of LF."""
        rest = self.take(len(self.buffer))
        return rest and rest + b"\n"

    def cut(self, line: bytes) -> tuple[bytes, bytes]:
        """A line's content and its ending."""
        ending = b"\r\n" if line.endswith(b"\r\n") else b"\n"
        return line.removesuffix(ending), ending

    def is_last(self, content: bytes) -> bool:
        return content.upper() == b"QUIT"


class Http(Talk):
    """`http`: the body of a POST in upper case, hello for all else."""

    head_limit = 16 * KIB
    body_limit = 1 * MIB

    def __init__(self, server: Threads, connection: socket.socket) -> None:
        super().__init__(server, connection)
        self.method = b""
        self.version = b""
        self.headers: dict[bytes, list[bytes]] = {}

    def converse(self) -> None:
        persists = True
        while persists:
            try:
                self.read_head()
                body = self.read_body()
            except RefusalError as refusal:
                persists = self.persists_after_refusal()
                self.reply(refusal.reply, b"refused\n", close=not persists)
            else:
                persists = self.persists()
                self.reply(b"200 OK", body.upper() if self.method == b"POST" else b"hello\n", close=not persists)

    def read_head(self) -> None:
        self.method = b""
        line, *fields = self.lines_of(self.until(b"\r\n\r\n", self.head_limit, b"431 Too Large"))
        start = REQUEST_LINE.fullmatch(line)
        if not start:
            raise RefusalError(BAD)
        self.method, _, self.version = start.groups()
        self.headers = {}
        for field in fields:
            name, value = self.field(field)
            self.headers.setdefault(name.lower(), []).append(value)
        self.check_host()

    def lines_of(self, head: bytes) -> list[bytes]:
        return head.split(b"\r\n")

    def field(self, text: bytes) -> tuple[bytes, bytes]:
        match = FIELD.fullmatch(text)
        if not match:
            raise RefusalError(BAD)
        return match[1], match[2]

    def check_host(self) -> None:
        if len(self.headers.get(b"host", [])) != 1 and self.version == b"1.1":
            raise RefusalError(BAD)

    def read_body(self) -> bytes:
        lengths, codings = self.headers.get(b"content-length", []), self.headers.get(b"transfer-encoding", [])
        if codings:
            self.check_coding(lengths, codings)
            self.invite()
            return self.read_chunks()
        return self.read_length(self.length(lengths)) if lengths else b""

    def check_coding(self, lengths: list[bytes], codings: list[bytes]) -> None:
        if lengths or codings != [b"chunked"] or self.version == b"1.0":
            raise RefusalError(BAD)

    def length(self, lengths: list[bytes]) -> int:
        if len(lengths) > 1 or not re.fullmatch(rb"[0-9]{1,18}", lengths[0]):
            raise RefusalError(BAD)
        return int(lengths[0])

    def read_length(self, length: int) -> bytes:
        if length > self.body_limit:
            raise RefusalError(b"413 Too Large")
        self.invite()
        return self.exactly(length)

    def invite(self) -> None:
        if b"100-continue" in self.headers.get(b"expect", []) and self.version == b"1.1":
            self.say(b"HTTP/1.1 100 Continue\r\n\r\n")

    def read_chunks(self) -> bytes:
        body = b""
        while size := self.chunk_size(self.chunk_line().partition(b";")[0]):
            if len(body) + size > self.body_limit:
                raise RefusalError(b"413 Too Large")
            body += self.exactly(size)
            self.end_of_chunk()
        self.trailer()
        return body

    def chunk_line(self) -> bytes:
        return self.until(b"\r\n", 1 * KIB, BAD)

    def chunk_size(self, text: bytes) -> int:
        if not re.fullmatch(rb"[0-9a-fA-F]{1,15}", text):
            raise RefusalError(BAD)
        return int(text, 16)

    def end_of_chunk(self) -> None:
        if self.exactly(2) != b"\r\n":
            raise RefusalError(BAD)

    def trailer(self) -> None:
        while self.until(b"\r\n", 1 * KIB, BAD):
            pass

    def options(self) -> set[bytes]:
        """The words of the Connection header."""
        return {word.strip() for word in b",".join(self.headers.get(b"connection", [])).lower().split(b",")}

    def persists(self) -> bool:
        return b"close" not in self.options() and self.version == b"1.1"

    def persists_after_refusal(self) -> bool:
        return False

    def reply(self, status: bytes, body: bytes, *, close: bool) -> None:
        head = b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n" % (status, len(body), b"Connection: close\r\n" * close)
        self.say(head + (body if self.method != b"HEAD" else b""))


class Resp(Talk):
    """`resp`: a few commands of Redis, and a store that all conversations share."""

    line_limit = 64 * KIB
    count_limit = 32  # bytes in the line that announces a length
    most_words = 1 * MIB
    longest_word = 512 * MIB
    store: ClassVar[dict[bytes, bytes]] = {}
    lock = threading.Lock()

    def converse(self) -> None:
        words: list[bytes] = []
        while words[:1] != [b"QUIT"]:
            try:
                words = self.read_request()
            except RefusalError as refusal:
                self.say(b"-ERR Protocol error: %b\r\n" % refusal.reply)
                return
            if words:
                words[0] = words[0].upper()
                self.say(self.execute(words))

    def read_request(self) -> list[bytes]:
        if self.first_byte() != b"*":
            return self.read_line()
        return [self.read_word() for _ in range(self.read_length(self.most_words))]

    def first_byte(self) -> bytes:
        if not self.buffer:
            self.more()
        return bytes(self.buffer[:1])

    def read_line(self) -> list[bytes]:
        """A command typed by hand."""
        return self.until(b"\n", self.line_limit, b"too long a line").split()

    def read_length(self, most: int) -> int:
        """The length that is announced next, behind the byte that tells of what."""
        length = self.length(self.until(b"\r\n", self.count_limit, b"too long a length")[1:])
        if not 0 <= length <= most:
            raise RefusalError(b"invalid length")
        return length

    def length(self, text: bytes) -> int:
        if not re.fullmatch(rb"-?[0-9]+", text):
            raise RefusalError(b"invalid length")
        return int(text)

    def read_word(self) -> bytes:
        if (first := self.first_byte()) != b"$":
            return self.not_a_word(first)
        length = self.read_length(self.longest_word)
        return self.exactly(length + 2)[:-2]

    def not_a_word(self, _: bytes) -> bytes:
        raise RefusalError(b"expected '$'")

    def execute(self, words: list[bytes]) -> bytes:
        match words:
            case [b"PING"]:
                return b"+PONG\r\n"
            case [b"QUIT"]:
                return b"+OK\r\n"
            case [b"ECHO", word]:
                return self.bulk(word)
            case [b"GET", key]:
                return self.bulk(self.store[key]) if key in self.store else self.nothing()
            case [b"SET", key, value]:
                self.store[key] = value
                return b"+OK\r\n"
            case [b"DEL", *keys]:
                return b":%d\r\n" % sum(self.store.pop(key, None) is not None for key in keys)
            case [b"EXISTS", *keys]:
                return b":%d\r\n" % sum(key in self.store for key in keys)
            case [b"INCR", key]:
                return self.count(key)
        return b"-ERR wrong command\r\n"

    def bulk(self, value: bytes) -> bytes:
        return b"$%d\r\n%b\r\n" % (len(value), value)

    def nothing(self) -> bytes:
        """What GET says of a key that has no value."""
        return b"$-1\r\n"

    def count(self, key: bytes) -> bytes:
        with self.lock:
            try:
                number = int(self.store.get(key, b"0")) + 1
            except ValueError:
                return b"-ERR value is not an integer\r\n"
            self.store[key] = b"%d" % number
        return b":%d\r\n" % number


def run(talk: type[Talk]) -> None:
    """Serve with such conversations."""
    _Talks(talk).run()


class _Talks(Threads):
    def __init__(self, talk: type[Talk]) -> None:
        super().__init__()
        self._talk = talk

    def converse(self, client: socket.socket) -> None:
        self._talk(self, client).run()
