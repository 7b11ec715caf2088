"""The same program: its clients are served by asyncio, in a thread of its own; the main thread stays what it was."""

import asyncio
import contextlib
import sys
import threading

from iomodels import bridge

shouted = 0  # bytes; counted in the loop's thread alone, so there is no lock


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    global shouted
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data.upper())
            await writer.drain()
            shouted += len(data)


def main(port: int) -> None:
    with bridge.in_thread("asyncio") as loop, loop.serve(shout, ("127.0.0.1", port)) as server:
        print(f"listening on 127.0.0.1:{server.address[1]}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    print(f"shouted {shouted} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
