"""Ask a server of lines twenty times over two connections at most: a pool that the tasks share on asyncio."""

import asyncio
import select
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TIMEOUT = 10.0  # seconds for a request in all: to wait for a connection, to connect, to send, to receive
LIMIT = 64 * 1024  # bytes in a reply


async def connect(address: tuple[str, int]) -> socket.socket:
    """A connected socket that does not block."""
    sock = socket.socket()
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


class Connection:
    """One line out, one line back. No StreamReader: it reads ahead, and does not show what lies in it."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected

    async def ask(self, line: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.socket, line)
        reply = b""
        while b"\n" not in reply:
            data = await loop.sock_recv(self.socket, 65536)
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
    """At most `size` connections: opened when needed, kept, looked at before each use, lent to one task at a time."""

    def __init__(self, address: tuple[str, int], size: int) -> None:
        self.opened = 0
        self._address = address
        self._free = asyncio.Semaphore(size)
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Connection]:
        """Kept afterwards, but for an exception or a cancellation: then a reply may still be on its way."""
        async with self._free:
            connection = self._kept()
            if connection is None:
                connection = Connection(await connect(self._address))
                self.opened += 1
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)

    def _kept(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_quiet():
                return connection
            connection.close()
        return None

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


async def request(pool: Pool, number: int) -> None:
    try:
        async with asyncio.timeout(TIMEOUT), pool.lend() as connection:
            reply = await connection.ask(b"request %d\n" % number)
        print(reply.decode(), end="", flush=True)
    except OSError as error:  # TimeoutError is one
        print(f"request {number} failed: {error!r}", file=sys.stderr)


async def main(port: int) -> None:
    pool = Pool(("127.0.0.1", port), 2)
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(request(pool, number))
    pool.close()
    print(f"over {pool.opened} connections")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
