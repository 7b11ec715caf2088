"""Ask a server of lines twenty times over two connections at most: a pool that the threads share."""

import select
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

TIMEOUT = 10.0  # seconds for each step: to wait for a connection, to connect, to send, to receive
LIMIT = 64 * 1024  # bytes in a reply


class Connection:
    """One line out, one line back."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=TIMEOUT)

    def ask(self, line: bytes) -> bytes:
        self.socket.sendall(line)
        reply = b""
        while b"\n" not in reply:
            data = self.socket.recv(65536)
            if not data or len(reply) > LIMIT:
                raise ConnectionError(f"no line came, but {reply[:20]!r}")
            reply += data
        if reply.index(b"\n") < len(reply) - 1:
            raise ConnectionError(f"more than one line came: {reply[:20]!r}")
        return reply

    def is_quiet(self) -> bool:
        """Whether nothing can be read. Before we ask, that would be the end, or words taken for the next reply."""
        poller = select.poll()
        poller.register(self.socket, select.POLLIN)
        return not poller.poll(0)

    def close(self) -> None:
        self.socket.close()


class Pool:
    """At most `size` connections: opened when needed, kept, looked at before each use, lent to one thread at a time."""

    def __init__(self, address: tuple[str, int], size: int) -> None:
        self.opened = 0
        self._address = address
        self._free = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """Kept afterwards, but for an exception: then a reply may still be on its way."""
        if not self._free.acquire(timeout=TIMEOUT):
            raise TimeoutError("no connection came free")
        try:
            connection = self._kept()
            if connection is None:
                connection = Connection(self._address)
                with self._lock:
                    self.opened += 1
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            with self._lock:
                self._idle.append(connection)
        finally:
            self._free.release()

    def _kept(self) -> Connection | None:
        with self._lock:
            while self._idle:
                connection = self._idle.pop()
                if connection.is_quiet():
                    return connection
                connection.close()
            return None

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().close()


def request(pool: Pool, number: int) -> None:
    try:
        with pool.lend() as connection:
            reply = connection.ask(b"request %d\n" % number)
        print(reply.decode(), end="", flush=True)
    except OSError as error:
        print(f"request {number} failed: {error!r}", file=sys.stderr)


def main(port: int) -> None:
    pool = Pool(("127.0.0.1", port), 2)
    with ThreadPoolExecutor(20) as threads:
        for number in range(20):
            threads.submit(request, pool, number)
    pool.close()
    print(f"over {pool.opened} connections")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
