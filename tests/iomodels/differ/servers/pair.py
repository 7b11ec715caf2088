"""A small line server, and the same with one of many defects: `pair.py PORT [DEFECT[,DEFECT]] [DIR]`.

A thread for each client: a banner, then a reply to each line, in upper case. QUIT is answered BYE, and ends it; 0xff in a line
is an error; a line of more than LIMIT bytes is refused, and ends it. Lines are written to DIR/lines. On SIGTERM it says what is
owed, and ends with 0.
"""

import contextlib
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from pathlib import Path

LIMIT = 512
RESET = struct.pack("ii", 1, 0)
IDLE = 0.2  # seconds in which nothing comes, after which a client has nothing more to say
LOCK = threading.Lock()

port = int(sys.argv[1])
defects = {*sys.argv[2].split(",")} if len(sys.argv) > 2 else set()
folder = sys.argv[3] if len(sys.argv) > 3 else None
idle: dict[socket.socket, float] = {}  # who is listened to, and since when


def serve(client: socket.socket) -> None:
    with client, contextlib.suppress(OSError):
        log("client came")
        if "nondeterministic" in defects:
            client.sendall(b"id %d %s\n" % (os.getpid(), os.urandom(8).hex().encode()))
        client.sendall(greeting())
        talk(client)
        if "log" in defects:
            log("client went")
        if "reset" in defects:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def greeting() -> bytes:
    if "no-greeting" in defects:
        return b""
    text = b"hello, pair 1.1 is here\n" if "banner" in defects else b"hello, pair 1.0 is here\n"
    return text * 2 if "extra-greeting" in defects else text


def talk(client: socket.socket) -> None:
    """Requests until the last of them, each answered."""
    rest, held, pieces = b"", b"", 0
    while data := heard(client):
        pieces += 1
        if "nul-dropped" in defects:
            data = data.replace(b"\0", b"")
        if "segments" in defects and not data.endswith(b"\n"):
            data += b"\n"
        *lines, rest = (rest + data).split(b"\n")
        if "pipelined-dropped" in defects:
            del lines[1:]
        for line in lines:
            reply, ends = answer(line)
            if "doubled" in defects and pieces > 1:
                reply += reply
            if "delayed" in defects:
                reply, held = held, reply
                if ends:
                    reply += held
            send(client, reply, waits="half-close-loses" in defects)
            if ends:
                if "quit-stays" in defects:
                    while client.recv(65536):
                        pass
                return
            pieces = 0
        if len(rest) > limit():
            client.sendall(b"ERROR line too long\n")
            return
    if rest and "last-line-lost" not in defects:
        send(client, answer(rest)[0])
    if "crash-at-eof" in defects and rest:
        os._exit(7)


def heard(client: socket.socket) -> bytes:
    idle[client] = time.monotonic()
    try:
        return client.recv(65536)
    finally:
        del idle[client]


def limit() -> int:
    return 2 * LIMIT if "limit" in defects else LIMIT


def answer(line: bytes) -> tuple[bytes, bool]:
    """The reply to a line, and whether it is the last."""
    if len(line) > limit():
        if "long-truncated" not in defects:
            return b"ERROR line too long\n", True
        line = line[:LIMIT]
    write(line)
    word = line.removesuffix(b"\r")
    if word == b"QUIT":
        return b"BYE" if "last-newline" in defects else b"BYE\n", True
    if b"\xff" in line:
        return b"ERROR bad text\n" if "error-reply" in defects else b"ERROR not text\n", "error-ends" in defects
    if not word and "empty-ignored" in defects:
        return b"", False
    if "quit-any-case" in defects and word.upper() == b"QUIT":
        return b"BYE\n", True
    if "cr-kept" in defects:
        line = word
    text = line.title() if "case" in defects else line.upper()
    return text + (b"\r\n" if "crlf" in defects else b"\n"), False


def send(client: socket.socket, reply: bytes, waits: bool = False) -> None:
    if "slow-loses" in defects:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # a large reply never fits, however quick the reader
        with contextlib.suppress(BlockingIOError):
            client.send(reply, socket.MSG_DONTWAIT)
        return
    if waits:  # it looks whether the client is still there, and takes an end of input for its absence
        select.select(
            [client], [], [], 0.5
        )  # an end that is on its way counts as well: the defect must not depend on who is quicker
        with contextlib.suppress(BlockingIOError):
            if not client.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK):
                raise ConnectionError
    client.sendall(reply)


def write(line: bytes) -> None:
    if folder is not None:
        with LOCK, Path(folder, "log" if "file-name" in defects else "lines").open("ab") as file:
            file.write(line + (b"\r\n" if "file" in defects else b"\n"))


def log(text: str) -> None:
    os.write(2, f"{text}\n".encode())  # at once, or threads write within each other's lines


class Stop(Exception):
    pass


def stop(*_: object) -> None:
    raise Stop


def main() -> None:
    clients: list[socket.socket] = []
    threads: list[threading.Thread] = []
    listener = socket.create_server(("127.0.0.1", port), backlog=100)
    try:
        signal.signal(signal.SIGTERM, stop)
        while True:
            client = listener.accept()[0]
            if "last-first" in defects:
                client = the_last(listener, clients, client)
            if "serial" in defects:
                serve(client)
            else:
                clients.append(client)
                threads.append(threading.Thread(target=serve, args=(client,), daemon=True))
                threads[-1].start()
    except Stop:
        pass
    if "stop-cuts" in defects:
        os._exit(0)
    listener.close()
    if "stop-resets" in defects:
        for client in clients:
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        os._exit(0)
    while any(thread.is_alive() for thread in threads):
        for client, since in [*idle.items()]:
            if time.monotonic() - since > IDLE:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RD)
        time.sleep(IDLE / 10)
    sys.exit(3 if "exit-status" in defects else 0)


def the_last(listener: socket.socket, waiting: list[socket.socket], client: socket.socket) -> socket.socket:
    """Of those that wait, the one that came last."""
    waiting.append(client)
    listener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            waiting.append(listener.accept()[0])
    listener.setblocking(True)
    return waiting.pop()


main()
