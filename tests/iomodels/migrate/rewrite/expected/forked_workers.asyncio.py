import asyncio
import os
import signal
import socket
import sys
from typing import Any

WORKERS = 2


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


def fork_unsignalled() -> int:
    """os.fork, and no signal in its midst: Python drops what a handler raises in a hook of the fork, and logging has hooks."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        return os.fork()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def work(listener):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    async def serve_clients() -> None:
        while True:
            reader, writer, _ = await accept_client(listener)
            try:
                while True:
                    data = await reader.read(4096)
                    if not data:
                        break
                    writer.write(data.upper())
                    await writer.drain()
            except OSError as error:
                print(error, file=sys.stderr)
            finally:
                writer.close()

    asyncio.run(serve_clients())


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    workers = set()

    def stop(number, frame):
        for worker in workers:
            os.kill(worker, signal.SIGTERM)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)  # refused by trio: IOM914
    while True:
        while len(workers) < WORKERS:
            worker = fork_unsignalled()
            if worker == 0:
                work(listener)
            workers.add(worker)
        worker, _ = os.wait()
        workers.discard(worker)


main()
