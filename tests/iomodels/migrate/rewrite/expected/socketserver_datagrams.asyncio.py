import asyncio
import io
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any


class DatagramHandler:
    """The answer to one datagram, whose bytes are read from a file, and which is written to one."""

    def __init__(self, request: Any, client_address: Any, server: Any) -> None:
        self.request, self.client_address, self.server = request, client_address, server
        self.rfile, self.wfile = io.BytesIO(request[0]), io.BytesIO()

    def handle(self) -> None:
        pass

    async def run(self) -> None:
        try:
            self.handle()
        finally:
            await asyncio.get_running_loop().sock_sendto(self.request[1], self.wfile.getvalue(), self.client_address)


class RequestHandler:
    """The answer to one datagram. request: its bytes, and the socket that it came to."""

    def __init__(self, request: Any, client_address: Any, server: Any) -> None:
        self.request, self.client_address, self.server = request, client_address, server

    async def handle(self) -> None:
        pass

    async def run(self) -> None:
        await self.handle()


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
        asyncio.run(self.serve_datagrams())

    async def serve_datagrams(self) -> None:
        loop, sock = asyncio.get_running_loop(), self.socket
        sock.setblocking(False)
        while True:
            try:
                data, address = await loop.sock_recvfrom(sock, self.max_packet_size)
            except OSError:
                continue
            try:
                await self.RequestHandlerClass((data, sock), address, self).run()
            except Exception:
                self.handle_error(address)

    def handle_error(self, client_address: Any) -> None:
        print("-" * 40, file=sys.stderr)
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)
        traceback.print_exc()
        print("-" * 40, file=sys.stderr)


class WithFiles(DatagramHandler):
    def handle(self):
        self.wfile.write(self.rfile.read().upper())


class Plain(RequestHandler):
    async def handle(self):
        data = self.request[0].strip()
        socket = self.request[1]
        print("{} wrote: {}".format(self.client_address[0], data))
        await asyncio.get_running_loop().sock_sendto(socket, data.upper(), self.client_address)


handler = Plain if "--plain" in sys.argv else WithFiles
with DatagramServer(("localhost", 9999), handler) as server:
    server.serve_forever()
