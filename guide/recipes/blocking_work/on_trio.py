"""Tell clients the SHA-256 of the file they name: a task for each client on trio, and four threads for the work."""

import hashlib
import os
import sys
import traceback
from pathlib import Path

import trio

ROOT = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
LIMIT = 1024  # bytes in a line
work = trio.CapacityLimiter(4)  # so many files at once, however many clients there are


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
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    try:
        buffer = b""
        async for data in stream:
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                await stream.send_all(await trio.to_thread.run_sync(answer, line, limiter=work))
            if len(buffer) >= LIMIT:
                return
    except trio.BrokenResourceError as error:
        print(f"lost a client: {error!r}", file=sys.stderr)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
