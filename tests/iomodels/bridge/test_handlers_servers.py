"""`bridge.serve` with servers of a program's own: what they carry, what they override, and when each is called."""

import contextlib
import queue
import signal
import socket
import socketserver
import sqlite3
import ssl
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from iomodels.bridge.handlers import serve
from tests.iomodels.bridge.handlers_libraries import (
    ANYWHERE,
    LOOPS,
    SECONDS,
    Served,
    client,
    eventually,
    exchange,
    on_each_loop,
    received,
    serving,
)


class Upper(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


@on_each_loop
def test_a_server_class_keeps_its_options_and_state(loop: str) -> None:
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        request_queue_size = 77

        def __init__(self, *arguments: Any) -> None:
            self.count = 0
            self.lock = threading.Lock()
            super().__init__(*arguments)

        def server_bind(self) -> None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            super().server_bind()

        def server_activate(self) -> None:
            self.backlog = self.request_queue_size
            super().server_activate()

    class Handler(socketserver.StreamRequestHandler):
        server: Server

        def handle(self) -> None:
            with self.server.lock:
                self.server.count += 1
            server = self.server
            options = [server.socket.getsockopt(socket.SOL_SOCKET, each) for each in (socket.SO_KEEPALIVE, socket.SO_REUSEADDR)]
            said = (type(server).__name__, isinstance(server, Server), server.count, server.backlog, *map(bool, options))
            self.wfile.write(repr(said).encode())

    with serving(loop, Handler, server=Server) as served:
        assert exchange(served.address, b"") == b"('Server', True, 1, 77, True, True)"
        assert exchange(served.address, b"") == b"('Server', True, 2, 77, True, True)"


@on_each_loop
def test_a_server_object_is_served_and_closed(loop: str) -> None:
    closed = []

    class Server(socketserver.TCPServer):
        def server_close(self) -> None:
            closed.append(self.socket.getsockname())  # as open as it was
            super().server_close()

    with Server(ANYWHERE, Upper) as server:
        with serving(loop, None, None, server=server) as served:
            assert served.address == server.server_address
            assert exchange(served.address, b"x\n") == b"X\n"
        assert closed == [served.address]
        assert server.socket.fileno() == -1
    assert closed == [served.address]
    server = Server(ANYWHERE, Upper, bind_and_activate=False)
    with serving(loop, Upper, server=server) as served:
        assert exchange(served.address, b"x\n") == b"X\n"


@on_each_loop
def test_verify_request_refuses(loop: str) -> None:
    class Server(socketserver.ThreadingTCPServer):
        def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
            return bool(request.recv(1) == b"y")

    with serving(loop, Upper, server=Server) as served:
        for first, reply in ((b"n", b""), (b"y", b"X\n")):
            with client(served.address) as caller:
                caller.sendall(first)
                if reply:
                    caller.sendall(b"x\n")
                    caller.shutdown(socket.SHUT_WR)
                assert received(caller) == reply


@on_each_loop
def test_a_sequential_server_serves_one_at_a_time_in_one_thread(loop: str) -> None:
    inside: list[int] = []

    class Server(socketserver.TCPServer):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.database = sqlite3.connect(":memory:")  # usable in the thread that made it alone
            self.database.execute("create table lines (line)")

        def server_close(self) -> None:
            self.database.close()
            super().server_close()

    class Handler(socketserver.StreamRequestHandler):
        server: Server

        def handle(self) -> None:
            inside.append(threading.get_ident())
            for line in self.rfile:
                self.server.database.execute("insert into lines values (?)", [line])
                self.wfile.write(str(self.server.database.execute("select count(*) from lines").fetchone()[0]).encode())

    with serving(loop, Handler, server=Server) as served, client(served.address) as first, client(served.address) as second:
        first.sendall(b"a\n")
        assert first.recv(10) == b"1"
        second.sendall(b"b\n")
        first.sendall(b"c\n")
        assert first.recv(10) == b"2"
        assert len(inside) == 1
        first.close()
        assert second.recv(10) == b"3"
    assert len(set(inside)) == 1
    assert len(inside) == 2


@pytest.mark.parametrize("base", [socketserver.TCPServer, socketserver.ThreadingTCPServer])
@on_each_loop
def test_a_limit_of_its_own(loop: str, base: Any) -> None:
    inside = threading.Semaphore(0)
    go = threading.Event()
    most, now, lock = 0, 0, threading.Lock()
    accepted: list[Any] = []

    class Server(base):  # type: ignore[misc]
        def get_request(self) -> Any:
            accepted.append(None)
            return super().get_request()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            nonlocal most, now
            with lock:
                now += 1
                most = max(most, now)
            inside.release()
            go.wait(SECONDS)
            with lock:
                now -= 1
            self.wfile.write(b"done")

    with serving(loop, Handler, server=Server, limit=3) as served:
        callers = [client(served.address) for _ in range(8)]
        for _ in range(3):
            assert inside.acquire(timeout=SECONDS)
        anyone = served.call(lambda: len(accepted))
        assert anyone == 3  # the others wait unaccepted
        assert not inside.acquire(blocking=False)
        go.set()
        assert [received(each) for each in callers] == [b"done"] * 8
        for each in callers:
            each.close()
    assert most == 3


@on_each_loop
def test_a_limiter_shared_by_two_servers(loop: str) -> None:
    class Picky(socketserver.ThreadingTCPServer):
        def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
            return bool(request.recv(1) != b"n")

    async def main() -> None:
        limiter = anyio.CapacityLimiter(1)
        async with anyio.create_task_group() as tasks:
            one = await tasks.start(partial(serve, Upper, ANYWHERE, server=Picky, limit=limiter))
            two = await tasks.start(partial(serve, Upper, ANYWHERE, limit=limiter))

            def talk() -> None:
                with client(one) as refused:
                    refused.sendall(b"n")
                    assert received(refused) == b""
                assert exchange(two, b"x\n") == b"X\n"  # whoever is refused takes no place
                with client(one) as first, contextlib.ExitStack() as stack:
                    first.sendall(b"ya\n")
                    assert first.recv(10) == b"A\n"
                    second = stack.enter_context(client(two))
                    second.sendall(b"b\n")
                    first.sendall(b"c\n")
                    assert first.recv(10) == b"C\n"
                    second.setblocking(False)
                    with pytest.raises(BlockingIOError):
                        second.recv(10)
                    second.settimeout(SECONDS)
                    first.close()
                    assert second.recv(10) == b"B\n"

            await anyio.to_thread.run_sync(talk)
            tasks.cancel_scope.cancel()
        assert limiter.borrowed_tokens == 0

    LOOPS[loop](main)


class Threads(socketserver.TCPServer):
    """A mixin's work done by hand."""

    def process_request(self, request: Any, client_address: Any) -> None:
        threading.Thread(target=self.run, args=[request, client_address]).start()

    def run(self, request: Any, client_address: Any) -> None:
        self.finish_request(request, client_address)
        self.shutdown_request(request)


class Pool(socketserver.ThreadingTCPServer):
    """A pool of threads, started by serve_forever."""

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        self.requests: queue.Queue[Any] = queue.Queue()
        pool = [threading.Thread(target=self.work) for _ in range(3)]
        for each in pool:
            each.start()
        try:
            super().serve_forever(poll_interval)
        finally:
            for _ in pool:
                self.requests.put(None)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.requests.put((request, client_address))

    def work(self) -> None:
        while arguments := self.requests.get():
            self.process_request_thread(*arguments)


class Loop(socketserver.ThreadingTCPServer):
    """A loop of its own."""

    def serve_forever(self, poll_interval: float = 0.5) -> None:  # noqa: ARG002
        while True:
            self.handle_request()


@pytest.mark.parametrize("server", [Threads, Pool, Loop])
@on_each_loop
def test_threads_and_loops_of_a_programs_own(loop: str, server: Any) -> None:
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(serving(loop, Upper, server=server, grace=1000))
        first, second = (stack.enter_context(client(served.address)) for _ in range(2))
        second.sendall(b"two\n")
        assert second.recv(10) == b"TWO\n"
        first.sendall(b"one\n")
        assert first.recv(10) == b"ONE\n"
        served.cancel()
        assert received(first) == received(second) == b""
        served.over()
    for each in threading.enumerate():
        if "(work)" in each.name or "(run)" in each.name:
            each.join(SECONDS)
            assert not each.is_alive()


@on_each_loop
def test_timeouts_and_service_actions_are_called(loop: str) -> None:
    timed, acted = threading.Event(), threading.Event()

    class Server(socketserver.TCPServer):
        timeout = 0.01

        def handle_timeout(self) -> None:
            timed.set()

        def service_actions(self) -> None:
            acted.set()

    for cls in (Server, type("Looping", (Server,), {"serve_forever": Loop.serve_forever})):
        timed.clear()
        with serving(loop, Upper, server=cls) as served:
            eventually(timed)
            assert exchange(served.address, b"x\n") == b"X\n"
    eventually(acted)


@pytest.mark.parametrize("base", [socketserver.TCPServer, socketserver.ThreadingTCPServer, socketserver.ThreadingUDPServer])
@on_each_loop
def test_shutdown_called_in_a_handler_ends_it(loop: str, base: Any) -> None:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.server.shutdown()
            if base is socketserver.ThreadingUDPServer:
                self.request[1].sendto(b"bye", self.client_address)
            else:
                self.request.sendall(b"bye")

    with serving(loop, Handler, server=base) as served:
        if base is socketserver.ThreadingUDPServer:
            with socket.socket(type=socket.SOCK_DGRAM) as caller:
                caller.settimeout(SECONDS)
                caller.sendto(b"", served.address)
                assert caller.recv(10) == b"bye"
        else:
            assert exchange(served.address, b"") == b"bye"
        served.over()


@pytest.mark.parametrize("where", ["thread", "loop", "handler's thread", "server_close"])
@on_each_loop
def test_shutdown_from_elsewhere(loop: str, where: str) -> None:
    joined = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                self.wfile.write(line)
                if line == b"stop\n":
                    stopper = threading.Thread(target=self.server.shutdown)
                    stopper.start()
                    stopper.join(SECONDS)
                    if not stopper.is_alive():
                        joined.set()

    server = socketserver.ThreadingTCPServer(ANYWHERE, Handler)
    with serving(loop, None, None, server=server) as served, client(served.address) as idle:
        idle.sendall(b"one\n")
        assert idle.recv(10) == b"one\n"  # accepted, that is
        if where == "thread":
            server.shutdown()
        elif where == "loop":
            served.call(server.shutdown)
        elif where == "server_close":
            server.server_close()
        else:
            exchange(served.address, b"stop\n")
            eventually(joined)
        assert received(idle) == b""
        served.over()


def exchange_and_wait(served: Served, sent: bytes) -> None:
    assert exchange(served.address, sent) == b""
    served.over()


@on_each_loop
def test_systemexit_ends_a_sequential_server_and_not_one_with_threads(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hooked: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: hooked.append(arguments.exc_type))

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            word = self.rfile.readline()
            if word == b"exit\n":
                raise SystemExit(3)
            if word == b"interrupt\n":
                raise KeyboardInterrupt
            self.wfile.write(word)

    with serving(loop, Handler, server=socketserver.ThreadingTCPServer) as served:
        assert exchange(served.address, b"exit\n") == b""
        assert exchange(served.address, b"interrupt\n") == b""
        assert exchange(served.address, b"x\n") == b"x\n"
    assert sorted(each.__name__ for each in hooked) == ["KeyboardInterrupt", "SystemExit"]  # the threads' own order
    with pytest.raises(SystemExit, match="3"), serving(loop, Handler, server=socketserver.TCPServer) as served:
        exchange_and_wait(served, b"exit\n")


@on_each_loop
def test_an_error_in_a_hook_of_the_accept_loop_ends_serve_as_it_ends_serve_forever(loop: str) -> None:
    class Server(socketserver.ThreadingTCPServer):
        def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
            raise LookupError("as asked")

    with pytest.raises(LookupError), serving(loop, Upper, server=Server, grace=1000) as served:
        exchange_and_wait(served, b"")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "pair.pem"
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", f"{path}.crt"),
        ],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no openssl to make a certificate with")
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def tls_server(certificate: Path, how: str, handshakes: threading.Semaphore) -> Any:
    class Wrapped(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            handshakes.release()
            super().do_handshake(block)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.sslsocket_class = Wrapped

    class Server(socketserver.ThreadingTCPServer):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            if how == "listener":
                self.socket = context.wrap_socket(self.socket, server_side=True)

        def get_request(self) -> Any:
            request, address = super().get_request()
            return (context.wrap_socket(request, server_side=True) if how == "get_request" else request), address

        def finish_request(self, request: Any, client_address: Any) -> None:
            if how == "finish_request":
                with context.wrap_socket(request, server_side=True) as wrapped:
                    super().finish_request(wrapped, client_address)
            else:
                super().finish_request(request, client_address)

    return Server


def ended(caller: socket.socket) -> None:
    """The server has closed, in whatever way TLS has it: with an alert, reset."""
    with contextlib.suppress(ConnectionResetError):
        received(caller)


@pytest.mark.parametrize("how", ["listener", "get_request", "finish_request"])
@on_each_loop
def test_tls_a_client_that_says_nothing_and_a_reply_in_flight_at_the_end(loop: str, how: str, certificate: Path) -> None:
    going, go, handshakes = threading.Event(), threading.Event(), threading.Semaphore(0)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                going.set()
                go.wait(SECONDS)
                self.wfile.write(line.upper() * 1000)

    trusting = ssl.create_default_context(cafile=f"{certificate}.crt")
    with serving(loop, Handler, server=tls_server(certificate, how, handshakes), grace=SECONDS) as served:
        with client(served.address) as bad:  # no TLS
            bad.sendall(b"hello\n" * 100)
            ended(bad)
        with trusting.wrap_socket(client(served.address), server_hostname="localhost") as caller:
            caller.sendall(b"secret\n")
            eventually(going)
            with client(served.address) as silent:
                for _ in range(3):
                    assert handshakes.acquire(timeout=SECONDS)
                served.cancel()
                ended(silent)  # and its handshake holds nothing up
                go.set()
                with caller.makefile("rb") as reader:
                    assert reader.read(7000) == b"SECRET\n" * 1000
                served.over()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("run", ["asyncio.run(main())", "trio.run(main)", "anyio.run(main)"])
def test_sigint_ends_a_program_whose_handlers_wait(run: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        f"""
import anyio, asyncio, trio, socketserver
from functools import partial
from iomodels.bridge.handlers import serve

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
        self.wfile.write(b"bye")

class Said:
    def started(self, value=None):
        print(value[1], flush=True)

async def main():
    await serve(Handler, ("127.0.0.1", 0), task_status=Said())

{run}
"""
    )
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        with client(("127.0.0.1", int(process.stdout.readline()))) as caller:
            caller.sendall(b"x\n")
            assert caller.recv(2) == b"x\n"
            process.send_signal(signal.SIGINT)
            assert received(caller) == b"bye"
        assert process.wait(SECONDS) != 0


@on_each_loop
def test_a_shutdown_that_came_before_ends_it_at_once(loop: str) -> None:
    asked = threading.Event()

    class IsShutDown(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            asked.set()
            return super().wait(timeout)

    server = socketserver.ThreadingTCPServer(ANYWHERE, Upper)
    vars(server)["_BaseServer__is_shut_down"] = IsShutDown()
    waiting = threading.Thread(target=server.shutdown, daemon=True)
    waiting.start()
    eventually(asked)

    async def main() -> None:
        with anyio.fail_after(SECONDS):
            async with anyio.create_task_group() as tasks:
                assert await tasks.start(partial(serve, server=server)) == server.server_address

    LOOPS[loop](main)
    waiting.join(SECONDS)
    assert not waiting.is_alive()
