"""The same program: its clients are served by asyncio, in a thread of its own; the main thread stays what it was."""

import asyncio
import sys
import threading
from contextlib import suppress

from iomodels import bridge

shouted = 0  # bytes; counted in the loop's thread alone, so there is no lock


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    global shouted
    with suppress(OSError):
        while data := await reader.read(65536):
            shouted += len(data)
            writer.write(data.upper())
            await writer.drain()


def main(port: int) -> None:
    with suppress(KeyboardInterrupt), bridge.in_thread("asyncio") as loop, loop.serve(shout, ("127.0.0.1", port)) as server:
        print(f"listening on 127.0.0.1:{server.address[1]}", flush=True)
        threading.Event().wait()
    print(f"shouted {shouted} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
