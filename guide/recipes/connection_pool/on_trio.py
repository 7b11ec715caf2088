"""Ask a server of lines twenty times over two connections at most: a pool that the tasks share on trio."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

TIMEOUT = 10.0  # seconds for a request in all: to wait for a connection, to connect, to send, to receive
LIMIT = 64 * 1024  # bytes in a reply


class Connection:
    """One line out, one line back."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream

    async def ask(self, line: bytes) -> bytes:
        await self.stream.send_all(line)
        reply = b""
        while b"\n" not in reply:
            data = await self.stream.receive_some(65536)
            if not data or len(reply) > LIMIT:
                raise ConnectionError(f"no line came, but {reply[:20]!r}")
            reply += data
        if reply.index(b"\n") < len(reply) - 1:
            raise ConnectionError(f"more than one line came: {reply[:20]!r}")
        return reply

    def is_quiet(self) -> bool:
        """Whether nothing can be read. Before we ask, that would be the end, or words taken for the next reply."""
        return not self.stream.socket.is_readable()

    def close(self) -> None:
        self.stream.socket.close()  # not aclose: who is cancelled cannot await


class Pool:
    """At most `size` connections: opened when needed, kept, looked at before each use, lent to one task at a time."""

    def __init__(self, address: tuple[str, int], size: int) -> None:
        self.opened = 0
        self._address = address
        self._free = trio.Semaphore(size)
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Connection]:
        """Kept afterwards, but for an exception or a cancellation: then a reply may still be on its way."""
        async with self._free:
            connection = self._kept()
            if connection is None:
                connection = Connection(await trio.open_tcp_stream(*self._address))
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
        with trio.fail_after(TIMEOUT):
            async with pool.lend() as connection:
                reply = await connection.ask(b"request %d\n" % number)
        print(reply.decode(), end="", flush=True)
    except (OSError, trio.BrokenResourceError, trio.TooSlowError) as error:
        print(f"request {number} failed: {error!r}", file=sys.stderr)


async def main(port: int) -> None:
    pool = Pool(("127.0.0.1", port), 2)
    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(request, pool, number)
    pool.close()
    print(f"over {pool.opened} connections")


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
