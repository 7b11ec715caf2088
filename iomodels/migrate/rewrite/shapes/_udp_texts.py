"""Datagrams on each library: the socket stays what it is, with its options, and is waited for."""

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper

__all__ = ["RECEIVE", "RECEIVE_WITHIN", "SEND"]

RECEIVE = {
    Target.ASYNCIO: Helper(
        "receive_from",
        '''
async def receive_from(sock: Any, size: int) -> tuple[bytes, Any]:
    """Wait for a datagram; what it says, and where it comes from."""
    sock.setblocking(False)
    return await asyncio.get_running_loop().sock_recvfrom(sock, size)
''',
        ("asyncio", "typing:Any"),
    ),
    Target.TRIO: Helper(
        "receive_from",
        '''
async def receive_from(sock: Any, size: int) -> tuple[bytes, Any]:
    """Wait for a datagram; what it says, and where it comes from."""
    return await trio.socket.from_stdlib_socket(sock).recvfrom(size)
''',
        ("trio", "typing:Any"),
    ),
    Target.ANYIO: Helper(
        "receive_from",
        '''
async def receive_from(sock: Any, size: int) -> tuple[bytes, Any]:
    """Wait for a datagram; what it says, and where it comes from. An anyio.abc.UDPSocket would read ahead, and drop some."""
    sock.setblocking(False)
    while True:
        await anyio.wait_readable(sock)
        try:
            return sock.recvfrom(size)
        except BlockingIOError:
            continue  # its checksum was wrong
''',
        ("anyio", "typing:Any"),
    ),
}
RECEIVE_WITHIN = {
    Target.ASYNCIO: Helper(
        "receive_from",
        '''
async def receive_from(sock: Any, size: int, seconds: float) -> tuple[bytes, Any]:
    """Wait for a datagram; what it says, and where it comes from. Raises TimeoutError when none comes for so long."""
    loop = asyncio.get_running_loop()
    sock.setblocking(False)
    while True:
        ready = asyncio.Event()
        loop.add_reader(sock, ready.set)
        try:
            async with asyncio.timeout(seconds):  # round the wait alone: sock_recvfrom, cancelled late, forgets a datagram
                await ready.wait()
        finally:
            loop.remove_reader(sock)
        try:
            return sock.recvfrom(size)
        except BlockingIOError:
            continue  # its checksum was wrong
''',
        ("asyncio", "typing:Any"),
    ),
    Target.TRIO: Helper(
        "receive_from",
        '''
async def receive_from(sock: Any, size: int, seconds: float) -> tuple[bytes, Any]:
    """Wait for a datagram; what it says, and where it comes from. Raises TimeoutError when none comes for so long."""
    with trio.move_on_after(seconds):
        return await trio.socket.from_stdlib_socket(sock).recvfrom(size)
    raise TimeoutError("timed out")
''',
        ("trio", "typing:Any"),
    ),
    Target.ANYIO: Helper(
        "receive_from",
        '''
async def receive_from(sock: Any, size: int, seconds: float) -> tuple[bytes, Any]:
    """Wait for a datagram; what it says, and where it comes from. Raises TimeoutError when none comes for so long."""
    sock.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(sock)
        try:
            return sock.recvfrom(size)
        except BlockingIOError:
            continue  # its checksum was wrong
''',
        ("anyio", "typing:Any"),
    ),
}
SEND = {
    Target.ASYNCIO: Helper(
        "send_to",
        '''
async def send_to(sock: Any, data: bytes, address: Any) -> int:
    """Send a datagram, and say how many bytes that was."""
    sock.setblocking(False)
    return await asyncio.get_running_loop().sock_sendto(sock, data, address)
''',
        ("asyncio", "typing:Any"),
    ),
    Target.TRIO: Helper(
        "send_to",
        '''
async def send_to(sock: Any, data: bytes, address: Any) -> int:
    """Send a datagram, and say how many bytes that was."""
    return await trio.socket.from_stdlib_socket(sock).sendto(data, address)
''',
        ("trio", "typing:Any"),
    ),
    Target.ANYIO: Helper(
        "send_to",
        '''
async def send_to(sock: Any, data: bytes, address: Any) -> int:
    """Send a datagram, and say how many bytes that was."""
    sock.setblocking(False)
    while True:
        try:
            return sock.sendto(data, address)
        except BlockingIOError:
            await anyio.wait_writable(sock)
''',
        ("anyio", "typing:Any"),
    ),
}
