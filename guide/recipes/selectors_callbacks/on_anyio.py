"""Serve many clients on anyio without callbacks: each has a task, and where the task stands is the state."""

import sys

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

NAME_LIMIT = 100  # bytes in which a client must have said its name


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(stream: SocketStream) -> None:
    try:
        async with stream:
            await converse(stream)
    except anyio.BrokenResourceError as error:
        print(f"lost a client: {error.__cause__ or error}", file=sys.stderr)
    except (anyio.DelimiterNotFound, anyio.IncompleteRead):
        print("lost a client: it has not said its name", file=sys.stderr)


async def converse(stream: SocketStream) -> None:
    """First a client says its name, a line; from then on, whatever it says comes back in upper case."""
    buffered = BufferedByteReceiveStream(stream)
    name = await buffered.receive_until(b"\n", NAME_LIMIT)
    await stream.send(b"hello " + name + b"\n")
    async for data in buffered:
        await stream.send(data.upper())


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
