"""`bridge.serve`: handlers as they are, and the order in which a server's hooks are called."""

import contextvars
import errno
import http.client
import http.server
import os
import socket
import socketserver
import threading
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest

from iomodels.bridge.handlers import serve
from iomodels.bridge.misuse import Misuse, NotRunning
from tests.iomodels.bridge.handlers_libraries import (
    ANYWHERE,
    LOOPS,
    SECONDS,
    client,
    eventually,
    exchange,
    on_each_loop,
    received,
    serving,
)

IN_USE = os.strerror(errno.EADDRINUSE)


class Upper(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


class Recorder:
    """What was called, by whom."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.threads: set[int] = set()

    def __call__(self, call: str) -> None:
        self.calls.append(call)
        self.threads.add(threading.get_ident())


def recorded(base: type[socketserver.BaseServer]) -> tuple[Recorder, Any, Any]:
    """A recorder, a server class and a handler class whose every hook it sees."""
    seen = Recorder()

    class Server(base):  # type: ignore[misc,valid-type]
        def get_request(self) -> Any:
            seen("get_request")
            return super().get_request()

        def verify_request(self, request: Any, client_address: Any) -> bool:
            seen("verify_request")
            return bool(super().verify_request(request, client_address))

        def process_request(self, request: Any, client_address: Any) -> None:
            seen("process_request")
            super().process_request(request, client_address)

        def finish_request(self, request: Any, client_address: Any) -> None:
            seen("finish_request")
            super().finish_request(request, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
            seen("handle_error")

        def shutdown_request(self, request: Any) -> None:
            seen("shutdown_request")
            super().shutdown_request(request)

        def close_request(self, request: Any) -> None:
            seen("close_request")
            super().close_request(request)

        def server_close(self) -> None:
            seen("server_close")
            super().server_close()

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            seen("setup")
            super().setup()

        def handle(self) -> None:
            seen("handle")
            line = self.rfile.readline()
            if line == b"raise\n":
                raise ValueError("as asked")
            self.wfile.write(line)

        def finish(self) -> None:
            seen("finish")
            super().finish()

    return seen, Server, Handler


BEFORE = ["get_request", "verify_request", "process_request", "finish_request", "setup", "handle", "finish"]
AFTER = ["shutdown_request", "close_request"]


@pytest.mark.parametrize("base", [socketserver.TCPServer, socketserver.ThreadingTCPServer])
@on_each_loop
def test_the_hooks_are_called_in_their_order(loop: str, base: Any) -> None:
    seen, server, handler = recorded(base)
    with serving(loop, handler, server=server) as served:
        assert exchange(served.address, b"hello\n") == b"hello\n"
    assert seen.calls == [*BEFORE, *AFTER, "server_close"]


@pytest.mark.parametrize("base", [socketserver.TCPServer, socketserver.ThreadingTCPServer])
@on_each_loop
def test_handle_error_has_what_a_handler_raises_and_the_server_goes_on(loop: str, base: Any) -> None:
    seen, server, handler = recorded(base)
    with serving(loop, handler, server=server) as served:
        assert exchange(served.address, b"raise\n") == b""
    assert seen.calls == [*BEFORE, "handle_error", *AFTER, "server_close"]
    with serving(loop, handler, server=server) as served:
        for _ in range(3):
            assert exchange(served.address, b"raise\n") == b""
            assert exchange(served.address, b"more\n") == b"more\n"


@pytest.mark.parametrize("where", ["setup", "finish"])
@on_each_loop
def test_an_exception_in_setup_or_finish_costs_its_own_client_alone(loop: str, where: str) -> None:
    seen, server, handler = recorded(socketserver.ThreadingTCPServer)

    def fail(self: Any) -> None:
        seen(where)
        if where == "finish":
            self.wfile.close()
            self.rfile.close()
        raise OSError("as asked")

    broken = type("Broken", (handler,), {where: fail})
    with serving(loop, broken, server=server) as served:
        for _ in range(2):
            with client(served.address) as caller:
                if where == "finish":
                    caller.sendall(b"x\n")
                assert received(caller) == (b"" if where == "setup" else b"x\n")
    expected = [*BEFORE[: BEFORE.index(where) + 1], "handle_error", *AFTER]
    assert sorted(seen.calls) == sorted([*expected * 2, "server_close"])


@on_each_loop
def test_without_a_server_of_its_own_a_handler_is_served_by_threads(loop: str) -> None:
    with serving(loop, Upper) as served, client(served.address) as first, client(served.address) as second:
        second.sendall(b"two\n")
        assert second.recv(10) == b"TWO\n"
        first.sendall(b"one\n")
        assert first.recv(10) == b"ONE\n"


@on_each_loop
def test_a_base_handler_has_its_request_address_and_server(loop: str) -> None:
    seen: list[Any] = []

    class Handler(socketserver.BaseRequestHandler):
        server: socketserver.TCPServer

        def handle(self) -> None:
            seen.extend(
                [self.request.gettimeout(), self.client_address, self.server.server_address, self.server.socket.fileno() >= 0]
            )
            seen.extend([self.server.RequestHandlerClass, self.server.timeout, self.request.getpeername()])
            self.request.sendall(self.request.recv(100))

    with serving(loop, Handler) as served, client(served.address) as caller:
        caller.sendall(b"\0\xff")
        assert received(caller) == b"\0\xff"
        name = caller.getsockname()
        assert seen == [None, name, served.address, True, Handler, None, name]


@on_each_loop
def test_the_options_of_a_stream_handler_work(loop: str) -> None:
    seen: list[Any] = []
    late = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        timeout = 0.05
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle(self) -> None:
            seen.append(self.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            self.wfile.write(b"buffered")
            try:
                self.rfile.readline()
            except TimeoutError:
                late.set()

    with serving(loop, Handler) as served, client(served.address) as silent:
        eventually(late)
        assert received(silent) == b"buffered"
    assert seen[0] != 0


@on_each_loop
def test_the_loop_is_reached_from_inside_a_handler(loop: str) -> None:
    threads: list[int] = []

    async def answer(line: bytes) -> bytes:
        await anyio.sleep(0)
        threads.append(threading.get_ident())
        return line[::-1]

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                self.wfile.write(anyio.from_thread.run(answer, line.strip()) + b"\n")

    for server in (None, socketserver.TCPServer):
        with serving(loop, Handler, server=server) as served:
            assert exchange(served.address, b"ab\ncd\n") == b"ba\ndc\n"
            assert threads.pop() == served.call(threading.get_ident)


@on_each_loop
def test_addresses_have_many_forms(loop: str, tmp_path: Path) -> None:
    path = tmp_path / "s"
    for form in (path, str(path), os.fsencode(path)):
        with serving(loop, Upper, form) as served:
            assert exchange(os.fspath(path), b"unix\n") == b"UNIX\n"
            assert os.fsencode(served.address) == os.fsencode(path)
        assert not path.exists()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        name = listener.getsockname()
        with serving(loop, Upper, listener) as served:
            assert served.address == name
            assert exchange(name, b"given\n") == b"GIVEN\n"
        assert listener.fileno() == -1


@on_each_loop
def test_ipv6(loop: str) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with serving(loop, Upper, ("::1", 0)) as served:
        assert served.address[0] == "::1"
        assert exchange(served.address, b"six\n") == b"SIX\n"


@on_each_loop
def test_a_socket_that_is_bound_and_does_not_listen_is_made_to(loop: str) -> None:
    bound = socket.socket()
    bound.bind(ANYWHERE)
    with serving(loop, Upper, bound, server=http.server.HTTPServer) as served:
        assert exchange(served.address, b"x\n") == b"X\n"


def test_a_stale_socket_file_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    with serving("trio.run", Upper, path):
        with pytest.raises(OSError, match=IN_USE), serving("asyncio.run", Upper, path):
            pass
        assert exchange(path, b"x\n") == b"X\n"


@on_each_loop
def test_a_port_in_use_is_an_oserror_at_once(loop: str) -> None:
    with socket.create_server(ANYWHERE) as taken:
        for server in (None, socketserver.ThreadingTCPServer):
            with pytest.raises(OSError, match=IN_USE), serving(loop, Upper, taken.getsockname(), server=server):
                pass


@on_each_loop
def test_datagrams(loop: str, tmp_path: Path) -> None:
    class Handler(socketserver.DatagramRequestHandler):
        def handle(self) -> None:
            line = self.rfile.read()
            if line == b"raise":
                raise ValueError("as asked")
            self.wfile.write(line.upper())

    class Quiet(socketserver.UDPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
            errors.append(client_address)

    errors: list[Any] = []
    for server in (None, Quiet, socketserver.ThreadingUDPServer):
        with serving(loop, Handler, server=server) as served, socket.socket(type=socket.SOCK_DGRAM) as caller:
            caller.settimeout(SECONDS)
            for word in (b"raise", b"a", b"b") if server is Quiet else (b"a", b"b"):
                caller.sendto(word, served.address)
                assert caller.recv(100) == (b"" if word == b"raise" else word.upper())  # finish replies in any case
    assert len(errors) == 1
    with serving(loop, Handler, tmp_path / "s") as served, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as caller:
        caller.settimeout(SECONDS)
        caller.bind(str(tmp_path / "c"))
        caller.sendto(b"x", served.address)
        assert caller.recv(100) == b"X"


@on_each_loop
def test_start_returns_the_address(loop: str) -> None:
    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            address = await tasks.start(partial(serve, Upper, ANYWHERE))
            reply = await anyio.to_thread.run_sync(exchange, address, b"now\n")
            assert reply == b"NOW\n"
            tasks.cancel_scope.cancel()
        with pytest.raises(OSError, match=IN_USE), socket.create_server(ANYWHERE) as taken:
            await serve(Upper, taken.getsockname())

    LOOPS[loop](main)


def test_a_nursery_of_trios_starts_it() -> None:
    trio = pytest.importorskip("trio")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            address = await nursery.start(partial(serve, Upper, ANYWHERE))
            assert await trio.to_thread.run_sync(exchange, address, b"now\n") == b"NOW\n"
            nursery.cancel_scope.cancel()

    trio.run(main)


@on_each_loop
def test_handlers_see_the_context_of_the_caller(loop: str) -> None:
    name: contextvars.ContextVar[bytes] = contextvars.ContextVar("name")

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(name.get())

    async def main() -> None:
        for server in (None, socketserver.TCPServer):
            name.set(b"caller's")
            async with anyio.create_task_group() as tasks:
                address = await tasks.start(partial(serve, Handler, ANYWHERE, server=server))
                assert await anyio.to_thread.run_sync(exchange, address, b"") == b"caller's"
                tasks.cancel_scope.cancel()

    LOOPS[loop](main)


@on_each_loop
def test_http_server_as_it_is(loop: str, tmp_path: Path) -> None:
    (tmp_path / "page").write_text("a page")

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: Any) -> None:
            pass

    handler = partial(Handler, directory=str(tmp_path))
    with serving(loop, handler, server=http.server.ThreadingHTTPServer) as served:
        caller = http.client.HTTPConnection(served.address[0], served.address[1], timeout=SECONDS)
        for _ in range(3):
            caller.request("GET", "/page")
            assert caller.getresponse().read() == b"a page"
        caller.close()


@on_each_loop
def test_misuse_names_the_fix(loop: str) -> None:
    class Forking(socketserver.ForkingMixIn, socketserver.TCPServer):
        pass

    class Async(socketserver.BaseRequestHandler):
        async def handle(self) -> None:  # type: ignore[override]
            pass

    def refused(fix: str, *arguments: Any, **options: Any) -> None:
        with pytest.raises(Misuse, match=fix), serving(loop, *arguments, **options):
            pass

    refused("Threading class", Upper, server=Forking)
    refused("Threading class", Upper, server=lambda address, handler: Forking(address, handler))
    refused("def handle", Async)
    refused("server=", socketserver.TCPServer)
    with socketserver.ThreadingTCPServer(ANYWHERE, Upper) as server:
        refused("leave the address out", Upper, ("127.0.0.1", 1), server=server)
        with serving(loop, None, None, server=server) as served:
            with pytest.raises(Misuse, match="leave serve_forever"):
                server.serve_forever()
            refused("make another", None, None, server=server)
            refused("make another", Upper, server=lambda *_: server)
            assert exchange(served.address, b"x\n") == b"X\n"  # none the worse for it
        refused("make another", None, None, server=server)
    with pytest.raises(TypeError), serving(loop, Upper, None):
        pass
    for options in ({"limit": 0}, {"limit": -3}, {"grace": -1}):
        with pytest.raises(ValueError, match="is a number of"), serving(loop, Upper, **options):
            pass


def test_no_loop_is_misuse() -> None:
    with pytest.raises(NotRunning):
        serve(Upper, ANYWHERE).send(None)
