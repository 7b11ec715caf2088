"""Count what clients send, on anyio; signals are iterated over: SIGHUP for statistics, SIGTERM to end."""

import signal
import sys

import anyio
from anyio.abc import SocketAttribute, SocketStream

here: set[SocketStream] = set()
total = 0


async def main(port: int) -> None:
    with anyio.open_signal_receiver(signal.SIGHUP, signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as group:
            listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
            group.start_soon(listener.serve, attend)
            print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
            async for number in signals:
                if number != signal.SIGHUP:
                    break
                print(f"{len(here)} here, {total} bytes in all", file=sys.stderr)
            group.cancel_scope.cancel()  # the listening and the conversations


async def attend(stream: SocketStream) -> None:
    here.add(stream)
    try:
        async with stream:
            await count(stream)
    except anyio.BrokenResourceError as error:
        print(f"lost a client: {error.__cause__ or error}", file=sys.stderr)
    finally:
        here.discard(stream)


async def count(stream: SocketStream) -> None:
    global total
    own = 0
    async for data in stream:
        own += len(data)
        total += len(data)
    await stream.send(f"{own} bytes\n".encode())


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
