"""Answer each frame (a length of four bytes, then so many) with its payload in upper case; a task each on anyio."""

import struct
import sys
import traceback

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteStream

HEADER = struct.Struct("!I")  # the length of the payload, in network byte order
LIMIT = 1024 * 1024  # bytes in a payload: a length is only what the client says


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(connection: SocketStream) -> None:
    try:
        async with BufferedByteStream(connection) as stream:
            while (payload := await read_frame(stream)) is not None:
                await stream.send(HEADER.pack(len(payload)) + payload.upper())
    except (anyio.BrokenResourceError, EOFError, ValueError) as error:
        print(f"lost a client: {error!r}", file=sys.stderr)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the task group, and every client with it


async def read_frame(stream: BufferedByteStream) -> bytes | None:
    """The next payload; None when the input ends before it, EOFError within it. Raises ValueError beyond LIMIT."""
    header = await receive_exactly(stream, HEADER.size)
    if not header:
        return None
    if len(header) < HEADER.size:
        raise EOFError(f"the input ended after {len(header)} of {HEADER.size} bytes of a header")
    (length,) = HEADER.unpack(header)
    if length > LIMIT:
        raise ValueError(f"a frame of {length} bytes")
    payload = await receive_exactly(stream, length)
    if len(payload) < length:
        raise EOFError(f"the input ended after {len(payload)} of {length} bytes of a frame")
    return payload


async def receive_exactly(stream: BufferedByteStream, count: int) -> bytes:
    """The next `count` bytes, or fewer when the input ends before."""
    try:
        return await stream.receive_exactly(count)
    except anyio.IncompleteRead:
        return stream.buffer


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
