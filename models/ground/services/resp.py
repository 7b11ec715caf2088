"""`resp`: a small key-value store on the Redis protocol, requests parsed by hiredis's reader.

PING, ECHO, GET, SET (NX or XX), DEL, EXISTS, INCR, INCRBY, FLUSHALL, SELECT 0, QUIT, and what clients ask when they connect:
HELLO 2 and 3, CLIENT SETNAME and SETINFO, CONFIG GET, COMMAND. Error texts are those of Redis 7. Requests are arrays
of bulk strings, or lines typed by hand (words between blanks; quotes are ordinary characters). A malformed one is
answered with its error, and ends the conversation. The store is shared by the conversations of a process, and by no
other process: after a fork each has its own.

hiredis reads what servers send: errors, maps, arrays nested in arrays, of any length, for which it makes room when
they are announced. A client may send none of that, so a request is measured first, against what Redis accepts and
less of it (https://redis.io/docs/latest/develop/reference/protocol-spec/, networking.c), and given to hiredis when it
is whole and sound.
"""

import functools
import re
import threading
from collections.abc import Callable

import hiredis

from models.ground.conversation import Dialogue

__all__ = ["MAX_ARGUMENTS", "MAX_BYTES", "REQUEST_LIMIT", "VALUE_LIMIT", "Resp", "Store", "service"]

MAX_ARGUMENTS = 1024  # in one request; Redis takes 1024 * 1024
VALUE_LIMIT = 512 * 1024  # bytes in one argument; Redis takes 512 MiB
REQUEST_LIMIT = 1024 * 1024  # bytes in one request, and so what a client can make the server hold for it
INLINE_LIMIT = 64 * 1024  # bytes in a line typed by hand, as Redis
COUNT_LIMIT = 32  # bytes in the line that announces a length: none that is allowed is longer
MAX_BYTES = 64 * 1024 * 1024  # keys, values and ENTRY_BYTES for each
ENTRY_BYTES = 160  # what CPython adds to a key and a value, measured: two bytes objects, a place in the dictionary

NUMBER = re.compile(rb"0|-?[1-9][0-9]{0,18}")  # as Redis's string2ll reads them: no sign +, no leading zero
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
SHOWN = 128  # bytes of a client's own words in an error, as Redis
ONE_LINE = {ord("\r"): " ", ord("\n"): " "}
OK = b"+OK\r\n"
CONFIG = {b"appendonly": b"no", b"save": b""}  # redis-benchmark asks for these two; both are true


class CommandError(Exception):
    """The command is answered with this error; the conversation goes on."""


class ProtocolError(CommandError):
    """The request is malformed; the conversation ends, as where the next one begins is unknown."""

    def __init__(self, text: str) -> None:
        super().__init__(f"ERR Protocol error: {text}")


def integer(text: bytes) -> int:
    """The 64-bit integer that `text` spells. Raises CommandError when it spells none."""
    if not NUMBER.fullmatch(text) or not INTEGER_MIN <= int(text) <= INTEGER_MAX:
        raise CommandError("ERR value is not an integer or out of range")
    return int(text)


def bulk(value: bytes) -> bytes:
    """`value` as a bulk string."""
    return b"$%d\r\n%b\r\n" % (len(value), value)


def error_reply(error: CommandError) -> bytes:
    """`error` as an error reply, which is one line whatever bytes the client put into it."""
    return b"-" + str(error).translate(ONE_LINE).encode("latin-1") + b"\r\n"


def check_count(name: bytes, arguments: list[bytes], least: int, most: int) -> None:
    """Raise CommandError unless there are `least` to `most` arguments."""
    if not least <= len(arguments) <= most:
        raise CommandError(f"ERR wrong number of arguments for '{name.lower().decode('latin-1')}' command")


def check_subcommand(name: bytes, arguments: list[bytes], known: dict[bytes, tuple[int, int]]) -> None:
    """Raise CommandError unless a `known` subcommand comes first, with as many arguments as it takes."""
    bounds = known.get(arguments[0].upper())
    if bounds is None:
        given = arguments[0][:SHOWN].decode("latin-1")
        raise CommandError(f"ERR unknown subcommand '{given}'. Try {name.decode()} HELP.")
    check_count(name + b"|" + arguments[0], arguments[1:], *bounds)


def unknown(name: bytes, arguments: list[bytes]) -> str:
    """What Redis says to a command that it does not have: the name and as many arguments as fit."""
    shown = ""
    for argument in arguments:
        if len(shown) >= SHOWN:
            break
        shown += f"'{argument[: SHOWN - len(shown)].decode('latin-1')}' "
    return f"ERR unknown command '{name[:SHOWN].decode('latin-1')}', with args beginning with: {shown}"


class Store:
    """Keys and values, at most MAX_BYTES of them. Every method is one indivisible step, from any thread."""

    __slots__ = ("_lock", "_size", "_values")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[bytes, bytes] = {}
        self._size = 0

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, None without one."""
        return self._values.get(key)

    def set(self, key: bytes, value: bytes, *, present: bool | None = None) -> bool:
        """Give `key` its value and return True; return False when `present` is given and is not whether it has one.

        Raises CommandError when the store is full.
        """
        with self._lock:
            if present is not None and present != (key in self._values):
                return False
            self._put(key, value)
            return True

    def add(self, key: bytes, step: int) -> int:
        """Add `step` to the integer at `key` (0 without one) and return the sum.

        Raises CommandError when the value is no integer, or the sum too large, or the store full.
        """
        with self._lock:
            number = integer(self._values.get(key, b"0")) + step
            if not INTEGER_MIN <= number <= INTEGER_MAX:
                raise CommandError("ERR increment or decrement would overflow")
            self._put(key, b"%d" % number)
            return number

    def delete(self, keys: list[bytes]) -> int:
        """Forget the keys; return how many there were."""
        with self._lock:
            values = [(key, value) for key in keys if (value := self._values.pop(key, None)) is not None]
            self._size -= sum(len(key) + len(value) + ENTRY_BYTES for key, value in values)
            return len(values)

    def count(self, keys: list[bytes]) -> int:
        """How many of the keys have a value, one named twice counting twice."""
        with self._lock:
            return sum(key in self._values for key in keys)

    def clear(self) -> None:
        """Forget every key."""
        with self._lock:
            self._values.clear()
            self._size = 0

    def _put(self, key: bytes, value: bytes) -> None:
        old = self._values.get(key)
        growth = len(value) - len(old) if old is not None else len(key) + len(value) + ENTRY_BYTES
        if growth > 0 and self._size + growth > MAX_BYTES:
            raise CommandError("OOM command not allowed when used memory > 'maxmemory'.")
        self._values[key] = value
        self._size += growth


class Resp(Dialogue):
    """Owe a reply for each command, from the store given."""

    __slots__ = ("_input", "_measured", "_missing", "_reader", "_resp3", "_store")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._resp3 = False  # whether HELLO 3 was said: nulls and maps then have types of their own
        self._reader = hiredis.Reader()
        self._input = bytearray()
        self._measured = 0  # bytes of the request at its head that are known to be sound
        self._missing = 0  # arguments that it has announced, beyond those

    def feed(self, data: bytes) -> None:
        self._input += data

    def answer(self) -> bytes | None:
        try:
            request = self._read()
            if not request:
                return None if request is None else b""  # an empty line or array asks for nothing
            return self._run(request[0], request[1:])
        except ProtocolError as error:
            self.end()
            return error_reply(error)
        except CommandError as error:
            return error_reply(error)

    def _read(self) -> list[bytes] | None:
        """The next request's words, None when it is not whole."""
        if not self._input.startswith(b"*"):
            return self._read_line()
        if not self._measured:
            header = self._announced(0, MAX_ARGUMENTS, "multibulk length", "mbulk")
            if header is None:
                return None
            self._missing, self._measured = header
        while self._missing:
            first = self._input[self._measured : self._measured + 1].decode("latin-1")
            if first not in ("$", ""):
                raise ProtocolError(f"expected '$', got '{first}'")
            header = self._announced(self._measured, VALUE_LIMIT, "bulk length", "bulk")
            if header is None:
                return None
            length, start = header
            end = start + length + 2  # the CR and LF after it, which neither Redis nor hiredis looks at
            if end > REQUEST_LIMIT:
                raise ProtocolError("too big request")
            if end > len(self._input):
                return None
            self._missing -= 1
            self._measured = end
        self._reader.feed(self._take(self._measured))
        words: list[bytes] = self._reader.gets()
        return words

    def _announced(self, at: int, limit: int, what: str, kind: str) -> tuple[int, int] | None:
        """The length in the line that begins at `at`, and where the line ends; None when it has not arrived."""
        end = self._input.find(b"\r\n", at, at + COUNT_LIMIT)
        if end < 0:
            if len(self._input) - at >= COUNT_LIMIT:
                raise ProtocolError(f"too big {kind} count string")
            return None
        text = self._input[at + 1 : end]
        if not NUMBER.fullmatch(text) or not 0 <= int(text) <= limit:
            raise ProtocolError(f"invalid {what}")
        return int(text), end + 2

    def _read_line(self) -> list[bytes] | None:
        end = self._input.find(b"\n", self._measured, INLINE_LIMIT)
        if end >= 0:
            return self._take(end + 1).split()
        if len(self._input) >= INLINE_LIMIT:
            raise ProtocolError("too big inline request")
        self._measured = len(self._input)
        return None

    def _take(self, count: int) -> bytes:
        taken = bytes(self._input[:count])
        del self._input[:count]
        self._measured = 0
        return taken

    def _run(self, name: bytes, arguments: list[bytes]) -> bytes:
        entry = COMMANDS.get(name.upper())
        if entry is None:
            raise CommandError(unknown(name, arguments))
        command, least, most = entry
        check_count(name, arguments, least, most)
        return command(self, arguments)

    def _bulk(self, value: bytes | None) -> bytes:
        if value is None:
            return b"_\r\n" if self._resp3 else b"$-1\r\n"
        return bulk(value)

    def _map(self, *pairs: tuple[bytes, bytes]) -> bytes:
        """A map of keys to encoded values; in RESP2 an array of both by turns."""
        header = b"%%%d\r\n" % len(pairs) if self._resp3 else b"*%d\r\n" % (2 * len(pairs))
        return header + b"".join(bulk(key) + value for key, value in pairs)

    def _ping(self, arguments: list[bytes]) -> bytes:
        return bulk(arguments[0]) if arguments else b"+PONG\r\n"

    def _echo(self, arguments: list[bytes]) -> bytes:
        return bulk(arguments[0])

    def _get(self, arguments: list[bytes]) -> bytes:
        return self._bulk(self._store.get(arguments[0]))

    def _set(self, arguments: list[bytes]) -> bytes:
        key, value, *options = arguments
        conditions = {option.upper() for option in options}
        if len(conditions) > 1 or not conditions <= {b"NX", b"XX"}:
            raise CommandError("ERR syntax error")  # an expiry too: a value that should vanish and does not would be a lie
        present = conditions == {b"XX"} if conditions else None
        return OK if self._store.set(key, value, present=present) else self._bulk(None)

    def _del(self, arguments: list[bytes]) -> bytes:
        return b":%d\r\n" % self._store.delete(arguments)

    def _exists(self, arguments: list[bytes]) -> bytes:
        return b":%d\r\n" % self._store.count(arguments)

    def _incr(self, arguments: list[bytes]) -> bytes:
        return b":%d\r\n" % self._store.add(arguments[0], 1)

    def _incrby(self, arguments: list[bytes]) -> bytes:
        return b":%d\r\n" % self._store.add(arguments[0], integer(arguments[1]))  # what redis-py's incr() sends

    def _flushall(self, arguments: list[bytes]) -> bytes:
        if len(arguments) > 1 or (arguments and arguments[0].upper() not in (b"ASYNC", b"SYNC")):
            raise CommandError("ERR syntax error")
        self._store.clear()
        return OK

    def _select(self, arguments: list[bytes]) -> bytes:
        if integer(arguments[0]) != 0:
            raise CommandError("ERR DB index is out of range")
        return OK

    def _quit(self, arguments: list[bytes]) -> bytes:  # noqa: ARG002  Redis takes any arguments
        self.end()
        return OK

    def _hello(self, arguments: list[bytes]) -> bytes:
        if arguments:
            version, *options = arguments
            if not NUMBER.fullmatch(version):
                raise CommandError("ERR Protocol version is not an integer or out of range")
            if version not in (b"2", b"3"):
                raise CommandError("NOPROTO unsupported protocol version")
            if options:
                raise CommandError(f"ERR Syntax error in HELLO option '{options[0].decode('latin-1')}'")
            self._resp3 = version == b"3"
        return self._map(
            (b"server", bulk(b"iomodels")),
            (b"version", bulk(b"7.0.0")),  # the Redis whose texts these are
            (b"proto", b":3\r\n" if self._resp3 else b":2\r\n"),
            (b"id", b":1\r\n"),
            (b"mode", bulk(b"standalone")),
            (b"role", bulk(b"master")),
            (b"modules", b"*0\r\n"),
        )

    def _config(self, arguments: list[bytes]) -> bytes:
        check_subcommand(b"CONFIG", arguments, {b"GET": (1, MAX_ARGUMENTS)})
        asked = {name.lower() for name in arguments[1:]}
        return self._map(*((name, bulk(value)) for name, value in CONFIG.items() if name in asked))

    def _client(self, arguments: list[bytes]) -> bytes:
        check_subcommand(b"CLIENT", arguments, {b"SETNAME": (1, 1), b"SETINFO": (2, 2)})
        return OK

    def _command(self, arguments: list[bytes]) -> bytes:
        if not arguments:
            return b"*0\r\n"
        check_subcommand(b"COMMAND", arguments, {b"DOCS": (0, MAX_ARGUMENTS)})
        return self._map()


COMMANDS: dict[bytes, tuple[Callable[[Resp, list[bytes]], bytes], int, int]] = {  # what answers, fewest and most arguments
    b"CLIENT": (Resp._client, 1, MAX_ARGUMENTS),
    b"COMMAND": (Resp._command, 0, MAX_ARGUMENTS),
    b"CONFIG": (Resp._config, 1, MAX_ARGUMENTS),
    b"DEL": (Resp._del, 1, MAX_ARGUMENTS),
    b"ECHO": (Resp._echo, 1, 1),
    b"EXISTS": (Resp._exists, 1, MAX_ARGUMENTS),
    b"FLUSHALL": (Resp._flushall, 0, MAX_ARGUMENTS),
    b"GET": (Resp._get, 1, 1),
    b"HELLO": (Resp._hello, 0, MAX_ARGUMENTS),
    b"INCR": (Resp._incr, 1, 1),
    b"INCRBY": (Resp._incrby, 2, 2),
    b"PING": (Resp._ping, 0, 1),
    b"QUIT": (Resp._quit, 0, MAX_ARGUMENTS),
    b"SELECT": (Resp._select, 1, 1),
    b"SET": (Resp._set, 2, MAX_ARGUMENTS),
}

service = functools.partial(Resp, Store())  # one store a process
