"""Answer each frame (a length of four bytes, then so many) with its payload in upper case; a task each on asyncio."""

import asyncio
import struct
import sys

HEADER = struct.Struct("!I")  # the length of the payload, in network byte order
LIMIT = 1024 * 1024  # bytes in a payload: a length is only what the client says


async def main(port: int) -> None:
    server = await asyncio.start_server(attend, "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while (payload := await read_frame(reader)) is not None:
            writer.write(HEADER.pack(len(payload)) + payload.upper())
            await writer.drain()
    except (OSError, EOFError, ValueError) as error:
        print(f"lost a client: {error!r}", file=sys.stderr)
    finally:
        writer.close()


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next payload; None when the input ends before it, EOFError within it. Raises ValueError beyond LIMIT."""
    header = await receive_exactly(reader, HEADER.size)
    if not header:
        return None
    if len(header) < HEADER.size:
        raise EOFError(f"the input ended after {len(header)} of {HEADER.size} bytes of a header")
    (length,) = HEADER.unpack(header)
    if length > LIMIT:
        raise ValueError(f"a frame of {length} bytes")
    payload = await receive_exactly(reader, length)
    if len(payload) < length:
        raise EOFError(f"the input ended after {len(payload)} of {length} bytes of a frame")
    return payload


async def receive_exactly(reader: asyncio.StreamReader, count: int) -> bytes:
    """The next `count` bytes, or fewer when the input ends before."""
    try:
        return await reader.readexactly(count)
    except asyncio.IncompleteReadError as error:
        return error.partial


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
