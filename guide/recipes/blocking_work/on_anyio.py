"""Tell clients the SHA-256 of the file they name: a task for each client on anyio, and four threads for the work."""

import hashlib
import os
import sys
import traceback
from pathlib import Path

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteStream

ROOT = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
LIMIT = 1024  # bytes in a line
work = anyio.CapacityLimiter(4)  # so many files at once, however many clients there are


def answer(line: bytes) -> bytes:
    """Hash a file: it waits for the disk, then computes, and knows nothing of sockets."""
    name = os.fsdecode(line.rstrip(b"\r\n"))
    try:
        if Path(name).name != name:
            return b"ERROR a name without directories, please\n"
        with (ROOT / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest().encode() + b"\n"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        return f"ERROR {error}\n".encode(errors="replace")


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(connection: SocketStream) -> None:
    try:
        async with BufferedByteStream(connection) as stream:
            while True:
                line = await stream.receive_until(b"\n", LIMIT)
                await stream.send(await anyio.to_thread.run_sync(answer, line, limiter=work))
    except anyio.IncompleteRead:
        pass  # the end
    except (anyio.BrokenResourceError, anyio.DelimiterNotFound) as error:
        print(f"lost a client: {error!r}", file=sys.stderr)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the task group, and every client with it


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
