# corpus
#   what: ThreadPoolExecutor, a task for each connection
#   service: lines
#   run: {file} --port {port} --workers 16
#   capacity: 16
#   unit: - server thread_pool
#   finds: IOM121 IOM104 IOM105
# /corpus
"""Line service on a thread pool."""

from __future__ import annotations

import argparse
import logging
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

LIMIT = 65536
log = logging.getLogger("lineservice")


def split_lines(conn: socket.socket) -> Iterator[bytes]:
    """Lines with their ends. Raises OverflowError when one is too long."""
    buffer = bytearray()
    while chunk := conn.recv(16 * 1024):
        buffer += chunk
        while (end := buffer.find(b"\n", 0, LIMIT + 1)) >= 0:
            yield bytes(buffer[: end + 1])
            del buffer[: end + 1]
        if len(buffer) > LIMIT:
            raise OverflowError("line too long")
    if buffer:
        yield bytes(buffer) + b"\n"


def serve_client(conn: socket.socket, peer: tuple[str, int]) -> int:
    count = 0
    with conn:
        try:
            for line in split_lines(conn):
                count += 1
                if line.rstrip(b"\r\n").upper() == b"QUIT":
                    conn.sendall(b"BYE" + line[4:])
                    break
                conn.sendall(line.upper())
        except OverflowError as error:
            conn.sendall(f"ERROR {error}\n".encode())
    log.info("%s:%d: %d lines", *peer, count)
    return count


def report(future: Future[int]) -> None:
    if error := future.exception():
        log.warning("client: %s", error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=16)
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with socket.create_server((args.host, args.port), backlog=256) as listener, ThreadPoolExecutor(args.workers) as pool:
        while True:
            conn, peer = listener.accept()
            pool.submit(serve_client, conn, peer).add_done_callback(report)


if __name__ == "__main__":
    main()
