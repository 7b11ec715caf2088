"""Serve each client in a task on trio, with two limits: IDLE seconds for each call, TOTAL for the conversation."""

import sys

import trio

IDLE = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0  # seconds for a single receive, or for sending a single reply
TOTAL = float(sys.argv[3]) if len(sys.argv) > 3 else 300.0  # seconds in all


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    try:
        async with stream:
            await converse(stream)
    except (trio.BrokenResourceError, trio.TooSlowError) as error:
        print(f"lost a client: {error!r}", file=sys.stderr)


async def converse(stream: trio.SocketStream) -> None:
    with trio.fail_after(TOTAL):
        while True:
            with trio.fail_after(IDLE):
                data = await stream.receive_some(65536)
            if not data:
                return
            with trio.fail_after(IDLE):
                await stream.send_all(data.upper())


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
