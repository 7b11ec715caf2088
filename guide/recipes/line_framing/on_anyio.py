"""Answer each line in upper case, until QUIT: a task for each client on anyio, lines from a BufferedByteStream."""

import sys
import traceback

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteStream

LIMIT = 64 * 1024  # bytes in a line, without its LF: else the client decides how much memory a line takes
LINGER = 5.0  # seconds for the client to take our last words and leave


async def readline(stream: BufferedByteStream) -> bytes:
    """The next line with its LF; at the end of input what is left, then b"". Raises ValueError beyond LIMIT."""
    try:
        line = await stream.receive_until(b"\n", LIMIT + 1)
    except anyio.DelimiterNotFound as error:
        raise ValueError("line too long") from error
    except anyio.IncompleteRead:
        return await stream.receive(LIMIT) if stream.buffer else b""
    if len(line) > LIMIT:  # its LF came with the rest, before receive_until looked at the limit
        raise ValueError("line too long")
    return line + b"\n"


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(connection: SocketStream) -> None:
    try:
        async with BufferedByteStream(connection) as stream:
            await converse(stream)
            await hang_up(stream)
    except anyio.BrokenResourceError as error:
        print(f"lost a client: {error!r}", file=sys.stderr)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the task group, and every client with it


async def converse(stream: BufferedByteStream) -> None:
    while True:
        try:
            line = await readline(stream)
        except ValueError:
            await stream.send(b"ERROR line too long\n")
            return
        if not line:
            return
        text = line.rstrip(b"\r\n").upper()
        end = line[len(text) :] or b"\n"  # the last line may lack its own
        if text == b"QUIT":
            await stream.send(b"BYE" + end)
            return
        await stream.send(text + end)


async def hang_up(stream: BufferedByteStream) -> None:
    """Say FIN, then read to the end: closing over unread input sends RST, and that may destroy the last reply."""
    await stream.send_eof()
    with anyio.move_on_after(LINGER):
        async for _ in stream:
            pass


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
