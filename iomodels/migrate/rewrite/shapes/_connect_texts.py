"""Connecting, on each library, as socket.create_connection does: the addresses of a name in turn, each with the time limit.

What is raised has the words that a socket's has: clients print them.
"""

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper
from iomodels.migrate.rewrite.targets._buffered import SOCKET_BUFFERED

__all__ = ["HELPERS"]

_ASYNCIO = Helper(
    "connect_to",
    '''
async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    loop = asyncio.get_running_loop()
    for *_, address in await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM):
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_connection(*address[:2])
        except OSError as error:
            why = OSError(error.errno, os.strerror(error.errno)) if error.errno else TimeoutError("timed out")
        else:
            writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
            return reader, writer
    raise why
''',
    ("asyncio", "os", "socket"),
)
_TRIO = Helper(
    "connect_to",
    '''
async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> trio.SocketStream:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    for *_, address in await trio.socket.getaddrinfo(host, port, family, trio.socket.SOCK_STREAM):
        try:
            with trio.fail_after(math.inf if seconds is None else seconds):
                return socket_buffered(await trio.open_tcp_stream(*address[:2]))
        except trio.TooSlowError:
            why = TimeoutError("timed out")
        except OSError as error:
            [why] = error.__cause__.exceptions  # a group, of the one address
            why = OSError(why.errno, os.strerror(why.errno))
    raise why
''',
    ("math", "os", "trio"),
    (SOCKET_BUFFERED,),
)
_ANYIO = Helper(
    "connect_to",
    '''
async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> anyio.abc.ByteStream:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    for *_, address in await anyio.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM):
        try:
            with anyio.fail_after(seconds):
                return await anyio.connect_tcp(*address[:2])
        except TimeoutError:
            why = TimeoutError("timed out")
        except OSError as error:
            why = OSError(error.__cause__.errno, os.strerror(error.__cause__.errno))  # of the one address
    raise why
''',
    ("anyio", "anyio.abc", "os", "socket"),
)

HELPERS = {Target.ASYNCIO: _ASYNCIO, Target.TRIO: _TRIO, Target.ANYIO: _ANYIO}
