"""Serve each client in a task of its own on anyio; all tasks share the set of those who are here."""

import sys
import traceback

import anyio
from anyio.abc import SocketAttribute, SocketStream

here: set[SocketStream] = set()


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(stream: SocketStream) -> None:
    """What fails in a conversation ends that one alone, as an exception ends its thread alone."""
    try:
        async with stream:
            await converse(stream)
    except anyio.BrokenResourceError as error:
        print(f"lost a client: {error.__cause__ or error}", file=sys.stderr)
    except Exception:
        traceback.print_exc()


async def converse(stream: SocketStream) -> None:
    here.add(stream)
    try:
        await stream.send(f"{len(here)} here\n".encode())
        async for data in stream:
            await stream.send(data.decode("ascii").upper().encode())
    finally:
        here.discard(stream)


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
