"""Serve each client in a task on anyio, with two limits: IDLE seconds for each call, TOTAL for the conversation."""

import sys

import anyio
from anyio.abc import SocketAttribute, SocketStream

IDLE = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0  # seconds for a single receive, or for sending a single reply
TOTAL = float(sys.argv[3]) if len(sys.argv) > 3 else 300.0  # seconds in all


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(stream: SocketStream) -> None:
    try:
        async with stream:
            await converse(stream)
    except anyio.EndOfStream:
        pass
    except (anyio.BrokenResourceError, TimeoutError) as error:
        print(f"lost a client: {error!r}", file=sys.stderr)


async def converse(stream: SocketStream) -> None:
    with anyio.fail_after(TOTAL):
        while True:
            with anyio.fail_after(IDLE):
                data = await stream.receive(65536)
            with anyio.fail_after(IDLE):
                await stream.send(data.upper())


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
