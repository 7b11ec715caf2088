"""Tell clients the SHA-256 of the file they name: a thread for each client, and a pool of four for the work."""

import hashlib
import os
import socket
import sys
import threading
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


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=attend, args=[client], daemon=True).start()


def attend(client: socket.socket) -> None:
    try:
        with client, client.makefile("rb") as lines:
            while (line := lines.readline(LIMIT)).endswith(b"\n"):
                client.sendall(work.submit(answer, line).result())
    except OSError as error:
        print(f"lost a client: {error!r}", file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
