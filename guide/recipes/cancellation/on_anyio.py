"""Answer lines on anyio, a task for each client; who comes under a name that is in use ends the older conversation."""

import sys

import anyio
from anyio.abc import SocketAttribute, SocketStream

LINE_LIMIT = 16 * 1024 * 1024  # bytes

sessions: dict[bytes, anyio.CancelScope] = {}


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(stream: SocketStream) -> None:
    try:
        async with stream:
            await converse(stream)
    except (anyio.BrokenResourceError, ConnectionError) as error:
        print(f"lost a client: {error.__cause__ or error}", file=sys.stderr)


async def converse(stream: SocketStream) -> None:
    inbox = bytearray()
    name = await read_line(stream, inbox)
    if not name:
        return
    with anyio.CancelScope() as scope:
        if name in sessions:
            sessions[name].cancel()
        sessions[name] = scope
        try:
            await answer(stream, name, inbox)
        finally:
            if sessions[name] is scope:
                del sessions[name]
    if scope.cancelled_caught:
        await stream.send(b"replaced; unanswered: " + inbox + b"\n")


async def answer(stream: SocketStream, name: bytes, inbox: bytearray) -> None:
    await send(stream, b"hello " + name)
    while line := await read_line(stream, inbox):
        await send(stream, line.upper())


async def send(stream: SocketStream, reply: bytes) -> None:
    with anyio.CancelScope(shield=True):  # how much of a cancelled `send` has gone out is not known
        await stream.send(reply)


async def read_line(stream: SocketStream, inbox: bytearray) -> bytes:
    """The next line; b"" when none is to come. What is there of an unfinished one stays in `inbox`."""
    while b"\n" not in inbox:
        try:
            data = await stream.receive(65536)
        except anyio.EndOfStream:
            return b""
        inbox += data
        if len(inbox) > LINE_LIMIT:
            raise ConnectionError("a line is too long")
    end = inbox.index(b"\n") + 1
    line = bytes(inbox[:end])
    del inbox[:end]
    return line


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
