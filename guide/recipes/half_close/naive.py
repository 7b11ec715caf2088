"""Wrong on purpose: the last reply stands in `connection_lost`, but the end of input is `eof_received`."""

import asyncio
import sys


class Count(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.total = 0

    def data_received(self, data: bytes) -> None:
        self.total += len(data)
        self.transport.write(data.upper())

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport.write(b"%d bytes\n" % self.total)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Count, "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
