"""Serve each client in a task on asyncio, with two limits: IDLE seconds for each call, TOTAL for the conversation."""

import asyncio
import sys

IDLE = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0  # seconds for a single receive, or for sending a single reply
TOTAL = float(sys.argv[3]) if len(sys.argv) > 3 else 300.0  # seconds in all


async def main(port: int) -> None:
    server = await asyncio.start_server(attend, "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await converse(reader, writer)
    except OSError as error:  # TimeoutError is one
        print(f"lost a client: {error!r}", file=sys.stderr)
        writer.transport.abort()
    finally:
        writer.close()


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(TOTAL):
        while True:
            async with asyncio.timeout(IDLE):
                data = await reader.read(65536)
            if not data:
                return
            writer.write(data.upper())
            async with asyncio.timeout(IDLE):
                await writer.drain()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
