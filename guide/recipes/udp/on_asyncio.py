"""Answer each datagram with its number and its text in upper case: one endpoint on asyncio, called back for each."""

import asyncio
import sys
from typing import cast


class Answering(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.number += 1
        self.transport.sendto(b"%d %b" % (self.number, data.upper()), addr)

    def error_received(self, exc: Exception) -> None:
        print(f"lost a reply: {exc!r}", file=sys.stderr)


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Answering, local_addr=("127.0.0.1", port))
    print(f"listening on 127.0.0.1:{transport.get_extra_info('sockname')[1]}", flush=True)
    try:
        await asyncio.Event().wait()  # for ever
    finally:
        transport.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
