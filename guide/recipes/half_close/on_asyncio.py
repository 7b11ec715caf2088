"""Upper-case what comes and, when the client has said all, tell how much it was: on asyncio, b"" is its FIN, no more."""

import asyncio
import sys
from contextlib import closing, suppress

CHUNK = 64 * 1024


async def main(port: int) -> None:
    server = await asyncio.start_server(attend, "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer), suppress(OSError):  # close sends what is left in the transport first
        total = 0
        while data := await reader.read(CHUNK):
            total += len(data)
            writer.write(data.upper())
            await writer.drain()
        writer.write(b"%d bytes\n" % total)


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
    except KeyboardInterrupt:
        pass
