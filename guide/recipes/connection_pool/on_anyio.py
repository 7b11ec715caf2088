"""Ask a server of lines twenty times over two connections at most: a pool that the tasks share on anyio."""

import select
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import SocketAttribute, SocketStream

TIMEOUT = 10.0  # seconds for a request in all: to wait for a connection, to connect, to send, to receive
LIMIT = 64 * 1024  # bytes in a reply


class Connection:
    """One line out, one line back."""

    def __init__(self, stream: SocketStream) -> None:
        self.stream = stream

    async def ask(self, line: bytes) -> bytes:
        await self.stream.send(line)
        reply = b""
        while b"\n" not in reply:
            if len(reply) > LIMIT:
                raise ConnectionError(f"no line came, but {reply[:20]!r}")
            reply += await self.stream.receive(65536)  # at the end it raises EndOfStream
        if reply.index(b"\n") < len(reply) - 1:
            raise ConnectionError(f"more than one line came: {reply[:20]!r}")
        return reply

    def is_quiet(self) -> bool:
        """Whether nothing can be read. Before we ask, that would be the end, or words taken for the next reply."""
        poller = select.poll()
        poller.register(self.stream.extra(SocketAttribute.raw_socket), select.POLLIN)
        return not poller.poll(0)

    async def aclose(self) -> None:
        await anyio.aclose_forcefully(self.stream)  # who is cancelled cannot wait for more


class Pool:
    """At most `size` connections: opened when needed, kept, looked at before each use, lent to one task at a time."""

    def __init__(self, address: tuple[str, int], size: int) -> None:
        self.opened = 0
        self._address = address
        self._free = anyio.Semaphore(size)
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Connection]:
        """Kept afterwards, but for an exception or a cancellation: then a reply may still be on its way."""
        async with self._free:
            connection = await self._kept()
            if connection is None:
                connection = Connection(await anyio.connect_tcp(*self._address))
                self.opened += 1
            try:
                yield connection
            except BaseException:
                await connection.aclose()
                raise
            self._idle.append(connection)

    async def _kept(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_quiet():
                return connection
            await connection.aclose()
        return None

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()


async def request(pool: Pool, number: int) -> None:
    try:
        with anyio.fail_after(TIMEOUT):
            async with pool.lend() as connection:
                reply = await connection.ask(b"request %d\n" % number)
        print(reply.decode(), end="", flush=True)
    except (OSError, anyio.EndOfStream, anyio.BrokenResourceError) as error:  # TimeoutError is an OSError
        print(f"request {number} failed: {error!r}", file=sys.stderr)


async def main(port: int) -> None:
    pool = Pool(("127.0.0.1", port), 2)
    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(request, pool, number)
    await pool.aclose()
    print(f"over {pool.opened} connections")


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
