"""The calls of a blocking socket, awaited: what a conversation says `await recv(sock, size)` with for `sock.recv(size)`.

A file of the program's own, beside it, for any library. The socket stays as it is: blocking, or with a timeout, which holds.
"""

import socket

import anyio

__all__ = ["recv", "send", "sendall"]


async def recv(sock: socket.socket, size: int) -> bytes:
    """What has arrived, `size` bytes at the most. Raises TimeoutError, OSError."""
    with anyio.fail_after(sock.gettimeout()):
        await anyio.wait_readable(sock)
    return sock.recv(size)


async def sendall(sock: socket.socket, data: bytes) -> None:
    """Send all of it. Raises TimeoutError, OSError."""
    left = memoryview(data)
    with anyio.fail_after(sock.gettimeout()):
        while left:
            await anyio.wait_writable(sock)
            left = left[sock.send(left, socket.MSG_DONTWAIT) :]


async def send(sock: socket.socket, data: bytes) -> int:
    """As a blocking socket's `send` on Linux: it returns when all is in the kernel's hands."""
    await sendall(sock, data)
    return len(data)
