"""Serve many clients on trio without callbacks: each has a task, and where the task stands is the state."""

import sys

import trio

NAME_LIMIT = 100  # bytes in which a client must have said its name


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
    """First a client says its name, a line; from then on, whatever it says comes back in upper case."""
    name, rest = await read_name(stream)
    await stream.send_all(b"hello " + name + b"\n" + rest.upper())
    async for data in stream:
        await stream.send_all(data.upper())


async def read_name(stream: trio.SocketStream) -> tuple[bytes, bytes]:
    inbox = b""
    async for data in stream:
        inbox += data
        name, newline, rest = inbox.partition(b"\n")
        if len(name) > NAME_LIMIT:
            raise ConnectionError("its name is too long")
        if newline:
            return name, rest
    raise ConnectionError("it left without a name")


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
