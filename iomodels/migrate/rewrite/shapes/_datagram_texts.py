"""The classes that take the place of socketserver's for datagrams, in each library's words."""

from dataclasses import dataclass

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper, Op, Table

__all__ = ["FILES", "HANDLER", "SERVER", "file_handler_helper", "handler_helper", "send_op", "server_helper"]

SERVER, HANDLER, FILES = "DatagramServer", "RequestHandler", "DatagramHandler"

_SEND = Helper(
    "send_datagram",
    '''
async def send_datagram(sock: socket.socket, data: bytes, address: Any) -> int:
    """Send a datagram, as soon as there is room for it."""
    while True:
        try:
            return sock.sendto(data, address)
        except BlockingIOError:
            await anyio.wait_writable(sock)
''',
    ("anyio", "socket", "typing:Any"),
)
_RECEIVE = Helper(
    "receive_datagram",
    '''
async def receive_datagram(sock: socket.socket, size: int) -> tuple[bytes, Any]:
    """Wait for a datagram; it, and the address that it comes from."""
    while True:
        await anyio.wait_readable(sock)
        try:
            return sock.recvfrom(size)
        except BlockingIOError:
            continue  # its checksum was wrong
''',
    ("anyio", "socket", "typing:Any"),
)


@dataclass(frozen=True)
class _Words:
    """One library's. send: {0} socket, {1} data, {2} address."""

    prepare: tuple[str, ...]
    receive: str
    send: Op
    imports: tuple[str, ...]
    helpers: tuple[Helper, ...] = ()


_WORDS = {
    Target.ASYNCIO: _Words(
        ("loop, sock = asyncio.get_running_loop(), self.socket", "sock.setblocking(False)"),
        "await loop.sock_recvfrom(sock, self.max_packet_size)",
        Op("asyncio.get_running_loop().sock_sendto({0}, {1}, {2})", imports=("asyncio",)),
        ("asyncio",),
    ),
    Target.TRIO: _Words(
        ("sock = trio.socket.from_stdlib_socket(self.socket)",),
        "await sock.recvfrom(self.max_packet_size)",
        Op("{0}.sendto({1}, {2})"),
        ("trio",),
    ),
    Target.ANYIO: _Words(
        ("sock = self.socket", "sock.setblocking(False)"),
        "await receive_datagram(sock, self.max_packet_size)",
        Op("send_datagram({0}, {1}, {2})", helper=_SEND),
        ("anyio",),
        (_RECEIVE,),
    ),
}

_SERVER = '''
class DatagramServer:
    """Serves one datagram after the other."""

    address_family = socket.AF_INET
    allow_reuse_address = False
    max_packet_size = 8192

    def __init__(self, server_address: Any, RequestHandlerClass: Callable[..., Any]) -> None:
        self.server_address, self.RequestHandlerClass = server_address, RequestHandlerClass
        self.socket = socket.socket(self.address_family, socket.SOCK_DGRAM)
        try:
            if self.allow_reuse_address:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(self.server_address)
            self.server_address = self.socket.getsockname()
        except BaseException:
            self.server_close()
            raise

    def server_close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "DatagramServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.server_close()

    def serve_forever(self) -> None:
        {run}

    async def serve_datagrams(self) -> None:
        {prepare}
        while True:
            try:
                data, address = {receive}
            except OSError:
                continue
            try:
                await self.RequestHandlerClass((data, sock), address, self).{entry}()
            except Exception:
                self.handle_error(address)

    def handle_error(self, client_address: Any) -> None:
        print("-" * 40, file=sys.stderr)
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)
        traceback.print_exc()
        print("-" * 40, file=sys.stderr)
'''
_HANDLER = '''
class RequestHandler:
    """The answer to one datagram. request: its bytes, and the socket that it came to."""

    def __init__(self, request: Any, client_address: Any, server: Any) -> None:
        self.request, self.client_address, self.server = request, client_address, server
'''
_HANDLES = """
    async def handle(self) -> None:
        pass

    async def run(self) -> None:
        await self.handle()
"""
_FILES = '''
class DatagramHandler:
    """The answer to one datagram, whose bytes are read from a file, and which is written to one."""

    def __init__(self, request: Any, client_address: Any, server: Any) -> None:
        self.request, self.client_address, self.server = request, client_address, server
        self.rfile, self.wfile = io.BytesIO(request[0]), io.BytesIO()

    {async_}def handle(self) -> None:
        pass

    async def run(self) -> None:
        try:
            {await_}self.handle()
        finally:
            await {send}
'''


def send_op(table: Table) -> Op:
    """How a datagram is sent."""
    return _WORDS[table.library].send


def server_helper(table: Table, *, entry: str) -> Helper:
    """The class of the server. entry: the handlers' method that it awaits."""
    words = _WORDS[table.library]
    code = _SERVER.format(
        run=table.run.text.format("self.serve_datagrams"),
        prepare="\n        ".join(words.prepare),
        receive=words.receive,
        entry=entry,
    )
    return Helper(
        SERVER, code, ("socket", "sys", "traceback", "collections.abc:Callable", "typing:Any", *words.imports), words.helpers
    )


def handler_helper(*, entry: str) -> Helper:
    """The class of handlers that take the socket themselves."""
    return Helper(HANDLER, _HANDLER + (_HANDLES if entry == "run" else ""), ("typing:Any",))


def file_handler_helper(table: Table, *, waits: bool) -> Helper:
    """The class of handlers that write their answer to a file. waits: whether their `handle` does."""
    send = send_op(table)
    code = _FILES.format(
        async_="async " if waits else "",
        await_="await " if waits else "",
        send=send.text.format("self.request[1]", "self.wfile.getvalue()", "self.client_address"),
    )
    helpers = (send.helper,) if send.helper is not None else ()
    return Helper(FILES, code, ("io", "typing:Any", *send.imports), helpers)
