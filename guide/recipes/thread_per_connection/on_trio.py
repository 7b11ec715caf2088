"""Serve each client in a task of its own on trio; all tasks share the set of those who are here."""

import sys
import traceback

import trio

here: set[trio.SocketStream] = set()


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    """What fails in a conversation ends that one alone, as an exception ends its thread alone."""
    try:
        async with stream:
            await converse(stream)
    except trio.BrokenResourceError as error:
        print(f"lost a client: {error}", file=sys.stderr)
    except Exception:
        traceback.print_exc()


async def converse(stream: trio.SocketStream) -> None:
    here.add(stream)
    try:
        await stream.send_all(f"{len(here)} here\n".encode())
        async for data in stream:
            await stream.send_all(data.decode("ascii").upper().encode())
    finally:
        here.discard(stream)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
