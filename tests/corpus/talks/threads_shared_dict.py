"""Numbers under names that two clients share; what is no request, and what is no JSON."""

import json
import socket
import struct

from tests.corpus.header import Program
from tests.corpus.running import started, stream


def talk(program: Program, python: str) -> None:
    with started(program, python) as port, stream(port) as one, stream(port) as other:
        assert _ask(one, ["set", "a", 3]) == 3
        assert _ask(other, ["add", "a", 4]) == 7
        assert _ask(one, ["get", "a"]) == 7
        assert _ask(one, ["get", "b"]) is None
        assert _ask(other, ["names"]) == ["a"]
        assert _ask(other, ["drop"]) == {"error": "unknown operation drop"}
        assert _ask(other, ["get"]) == {"error": "list index out of range"}
        one.sendall(struct.pack("!I", 4) + b"oops")
        assert one.recv(1) == b""
        assert _ask(other, ["get", "a"]) == 7


def _ask(sock: socket.socket, request: list[object]) -> object:
    """What is answered to a request that arrives in two pieces."""
    body = json.dumps(request).encode()
    message = struct.pack("!I", len(body)) + body
    sock.sendall(message[:5])
    sock.sendall(message[5:])
    with sock.makefile("rb") as file:
        (length,) = struct.unpack("!I", file.read(4))
        answer: object = json.loads(file.read(length))
        return answer
