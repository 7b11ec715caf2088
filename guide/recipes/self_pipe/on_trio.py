"""Count what clients send, on trio; signals are iterated over: SIGHUP for statistics, SIGTERM to end."""

import signal
import sys

import trio

here: set[trio.SocketStream] = set()
total = 0


async def main(port: int) -> None:
    with trio.open_signal_receiver(signal.SIGHUP, signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
            nursery.start_soon(trio.serve_listeners, attend, listeners)
            print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
            async for number in signals:
                if number != signal.SIGHUP:
                    break
                print(f"{len(here)} here, {total} bytes in all", file=sys.stderr)
            nursery.cancel_scope.cancel()  # the listening and the conversations


async def attend(stream: trio.SocketStream) -> None:
    here.add(stream)
    try:
        async with stream:
            await count(stream)
    except trio.BrokenResourceError as error:
        print(f"lost a client: {error}", file=sys.stderr)
    finally:
        here.discard(stream)


async def count(stream: trio.SocketStream) -> None:
    global total
    own = 0
    async for data in stream:
        own += len(data)
        total += len(data)
    await stream.send_all(f"{own} bytes\n".encode())


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
