"""Wrong on purpose: `signal.signal` kept on asyncio. The handler runs, and nobody wakes the loop."""

import asyncio
import signal
import sys


async def main(port: int) -> None:
    stop = asyncio.Event()

    def end(*_: object) -> None:
        print("stopping", file=sys.stderr)
        stop.set()

    signal.signal(signal.SIGTERM, end)
    server = await asyncio.start_server(count, "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    own = len(await reader.read())
    writer.write(f"{own} bytes\n".encode())
    writer.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
