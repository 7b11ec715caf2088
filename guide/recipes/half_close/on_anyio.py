"""Upper-case what comes and, when the client has said all, tell how much it was: on anyio, the end of the loop is its FIN."""

import sys
from contextlib import suppress

import anyio
from anyio.abc import SocketAttribute, SocketStream


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(stream: SocketStream) -> None:
    with suppress(anyio.BrokenResourceError):
        async with stream:
            total = 0
            async for data in stream:
                total += len(data)
                await stream.send(data.upper())
            await stream.send(b"%d bytes\n" % total)


if __name__ == "__main__":
    try:
        anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
    except* KeyboardInterrupt:
        pass
