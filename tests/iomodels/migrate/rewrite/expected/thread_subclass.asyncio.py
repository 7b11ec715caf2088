"""A Thread subclass holds its connection; the server looks at the address, and sets an option."""

import asyncio
import contextlib
import logging
import socket
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

log = logging.getLogger(__name__)
lock = threading.Lock()
present = 0


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


async def send_all(writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    writer.write(data)
    await writer.drain()
    return len(data)


async def attend(writer: asyncio.StreamWriter, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        await handler(*args)
    except Exception:
        traceback.print_exc()
    finally:
        writer.close()


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    before = asyncio.all_tasks()
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
            for task in asyncio.all_tasks() - before:
                task.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


class Handler:
    def __init__(self, reader, writer, addr):
        self.reader, self.writer, self.addr = reader, writer, addr
        self.buf = b""

    async def read_exact(self, n):
        while len(self.buf) < n:
            more = await receive(self.reader, 4096)
            if not more:
                raise EOFError
            self.buf += more
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    async def run(self):
        global present
        with lock:
            present += 1
        try:
            while True:
                await asyncio.sleep(0.01)
                size = (await self.read_exact(1))[0]
                body = await self.read_exact(size)
                total = 0
                while total < len(body):
                    total += await send_all(self.writer, body[total:].upper())
        except EOFError:
            self.writer.write_eof()
        except ConnectionResetError:
            log.info("reset")
        finally:
            self.writer.close()
            with lock:
                present -= 1


class Server:
    def __init__(self, port):
        self.listener = self.make(port)
        self.running = True
        self.count = 0

    def make(self, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        s.bind(("127.0.0.1", port))
        s.listen(10)
        return s

    def serve_forever(self):
        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while self.running:
                    try:
                        reader, writer, address = await accept_client(self.listener)
                    except OSError:
                        break
                    if address[0] != "127.0.0.1":
                        writer.close()
                        continue
                    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.count += 1
                    tasks.create_task(attend(writer, Handler(reader, writer, address).run))

        asyncio.run(serve_clients())
        log.info("done")


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
