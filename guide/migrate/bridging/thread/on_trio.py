"""The same program: its clients are served by trio, in a thread of its own; the main thread stays what it was."""

import contextlib
import sys
import threading

import trio

from iomodels import bridge

shouted = 0  # bytes; counted in the loop's thread alone, so there is no lock


async def shout(stream: trio.SocketStream) -> None:
    global shouted
    with contextlib.suppress(trio.BrokenResourceError):
        async for data in stream:
            await stream.send_all(data.upper())
            shouted += len(data)


def main(port: int) -> None:
    with bridge.in_thread("trio") as loop, loop.serve(shout, ("127.0.0.1", port)) as server:
        print(f"listening on 127.0.0.1:{server.address[1]}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    print(f"shouted {shouted} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
