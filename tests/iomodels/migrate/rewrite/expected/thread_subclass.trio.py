"""A Thread subclass holds its connection; the server looks at the address, and sets an option."""

import contextlib
import logging
import socket
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio

log = logging.getLogger(__name__)
lock = threading.Lock()
present = 0


async def send_all(stream: trio.SocketStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    await stream.send_all(data)
    return len(data)


async def attend(stream: trio.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
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
            more = await self.sock.receive_some(4096)
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
                await trio.sleep(0.01)
                size = (await self.read_exact(1))[0]
                body = await self.read_exact(size)
                total = 0
                while total < len(body):
                    total += await send_all(self.sock, body[total:].upper())
        except EOFError:
            await self.sock.send_eof()
        except (ConnectionResetError, trio.BrokenResourceError):
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
                    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.count += 1
                    tasks.start_soon(attend, client, Handler(client, address).run)

        trio.run(serve_clients)
        log.info("done")


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
