"""The same program: its clients are served by anyio, in a thread of its own; the main thread stays what it was."""

import sys
import threading
from contextlib import suppress

import anyio
from anyio.abc import SocketStream

from iomodels import bridge

shouted = 0  # bytes; counted in the loop's thread alone, so there is no lock


async def shout(stream: SocketStream) -> None:
    global shouted
    with suppress(anyio.BrokenResourceError):
        async for data in stream:
            shouted += len(data)
            await stream.send(data.upper())


def main(port: int) -> None:
    with suppress(KeyboardInterrupt), bridge.in_thread("anyio") as loop, loop.serve(shout, ("127.0.0.1", port)) as server:
        print(f"listening on 127.0.0.1:{server.address[1]}", flush=True)
        threading.Event().wait()
    print(f"shouted {shouted} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
