"""A Thread subclass holds its connection; the server looks at the address, and sets an option."""

import contextlib
import logging
import socket
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

log = logging.getLogger(__name__)
lock = threading.Lock()
present = 0


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def send_all(stream: anyio.abc.ByteStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    await stream.send(data)
    return len(data)


async def attend(stream: anyio.abc.ByteStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the group, and every client with it


async def stream_of(client: Any) -> anyio.abc.ByteStream:
    """The stream of a client's socket. Raises ValueError when the client has gone, and has no address any more."""
    stream = await anyio.abc.SocketStream.from_socket(client)
    buffered = BufferedByteStream(stream)
    # On asyncio a stream reads ahead, without a bound, until somebody has received for the first time.
    with anyio.move_on_after(0), contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        buffered.feed_data(await stream.receive())
    return buffered


async def accept_client(listener: Any, seconds: float | None = None) -> tuple[anyio.abc.ByteStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes for so long."""
    listener.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await stream_of(client), address
        except ValueError:
            client.close()


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


class Handler:
    def __init__(self, sock, addr):
        self.sock, self.addr = sock, addr
        self.buf = b""

    async def read_exact(self, n):
        while len(self.buf) < n:
            more = await receive(self.sock, 4096)
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
                await anyio.sleep(0.01)
                size = (await self.read_exact(1))[0]
                body = await self.read_exact(size)
                total = 0
                while total < len(body):
                    total += await send_all(self.sock, body[total:].upper())
        except EOFError:
            await self.sock.send_eof()
        except (ConnectionResetError, anyio.BrokenResourceError):
            log.info("reset")
        finally:
            await self.sock.aclose()
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
                        client, address = await accept_client(self.listener)
                    except OSError:
                        break
                    if address[0] != "127.0.0.1":
                        await client.aclose()
                        continue
                    client.extra(anyio.abc.SocketAttribute.raw_socket).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.count += 1
                    tasks.start_soon(attend, client, Handler(client, address).run)

        anyio.run(serve_clients)
        log.info("done")


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
