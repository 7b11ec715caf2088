"""Tell clients the SHA-256 of the file they name: a task for each client on asyncio, and four threads for the work."""

import asyncio
import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
LIMIT = 1024  # bytes in a line
work = ThreadPoolExecutor(4)  # so many files at once, however many clients there are


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
    server = await asyncio.start_server(attend, "127.0.0.1", port, limit=LIMIT)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    try:
        while (line := await reader.readline()).endswith(b"\n"):
            writer.write(await loop.run_in_executor(work, answer, line))
            await writer.drain()
    except (OSError, ValueError) as error:  # ValueError: a line beyond LIMIT
        print(f"lost a client: {error!r}", file=sys.stderr)
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
