"""Answer each frame (a length of four bytes, then so many) with its payload in upper case; a task each on trio."""

import struct
import sys
import traceback

import trio

HEADER = struct.Struct("!I")  # the length of the payload, in network byte order
LIMIT = 1024 * 1024  # bytes in a payload: a length is only what the client says


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    try:
        async with stream:
            while (payload := await read_frame(stream)) is not None:
                await stream.send_all(HEADER.pack(len(payload)) + payload.upper())
    except (trio.BrokenResourceError, EOFError, ValueError) as error:
        print(f"lost a client: {error!r}", file=sys.stderr)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it


async def read_frame(stream: trio.SocketStream) -> bytes | None:
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


async def receive_exactly(stream: trio.SocketStream, count: int) -> bytes:
    """The next `count` bytes, or fewer when the input ends before."""
    data = bytearray()
    while len(data) < count:
        some = await stream.receive_some(min(count - len(data), 65536))
        if not some:
            break
        data += some
    return bytes(data)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
