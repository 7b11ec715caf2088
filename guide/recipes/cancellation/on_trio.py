"""Answer lines on trio, a task for each client; who comes under a name that is in use ends the older conversation."""

import sys

import trio

LINE_LIMIT = 16 * 1024 * 1024  # bytes

sessions: dict[bytes, trio.CancelScope] = {}


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    try:
        async with stream:
            await converse(stream)
    except (trio.BrokenResourceError, ConnectionError) as error:
        print(f"lost a client: {error}", file=sys.stderr)


async def converse(stream: trio.SocketStream) -> None:
    inbox = bytearray()
    name = await read_line(stream, inbox)
    if not name:
        return
    with trio.CancelScope() as scope:
        if name in sessions:
            sessions[name].cancel()
        sessions[name] = scope
        try:
            await answer(stream, name, inbox)
        finally:
            if sessions[name] is scope:
                del sessions[name]
    if scope.cancelled_caught:
        await stream.send_all(b"replaced; unanswered: " + inbox + b"\n")


async def answer(stream: trio.SocketStream, name: bytes, inbox: bytearray) -> None:
    await send(stream, b"hello " + name)
    while line := await read_line(stream, inbox):
        await send(stream, line.upper())


async def send(stream: trio.SocketStream, reply: bytes) -> None:
    with trio.CancelScope(shield=True):  # how much of a cancelled `send_all` has gone out is not known
        await stream.send_all(reply)


async def read_line(stream: trio.SocketStream, inbox: bytearray) -> bytes:
    """The next line; b"" when none is to come. What is there of an unfinished one stays in `inbox`."""
    while b"\n" not in inbox:
        data = await stream.receive_some(65536)
        if not data:
            return b""
        inbox += data
        if len(inbox) > LINE_LIMIT:
            raise ConnectionError("a line is too long")
    end = inbox.index(b"\n") + 1
    line = bytes(inbox[:end])
    del inbox[:end]
    return line


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
