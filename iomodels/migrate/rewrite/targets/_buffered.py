"""On trio, the buffer that a socket had: a moved server takes as much from a client that does not read as the old one did."""

from iomodels.migrate.rewrite.targets import Helper

__all__ = ["SOCKET_BUFFERED"]

SOCKET_BUFFERED = Helper(
    "socket_buffered",
    '''
def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream
''',
    ("trio", "contextlib"),
)
