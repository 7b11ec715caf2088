"""`bridge.serve`: how it ends, in every phase that it may be in, and what is left: nothing."""

import asyncio
import contextlib
import gc
import logging
import os
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
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


class Quiet(socketserver.ThreadingTCPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def sockets() -> int:
    """How many sockets this process has open."""
    gc.collect()
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(each.readlink()).startswith("socket:")
    return found


def reset(caller: socket.socket) -> None:
    """Close with RST."""
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    caller.close()


def refused(address: Any) -> bool:
    """Whether nobody listens there: who comes before that is queued, and reset when the listener closes."""
    try:
        client(address).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass
    return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
each_kind = pytest.mark.parametrize("server", [None, socketserver.TCPServer, Quiet])


@each_kind
@on_each_loop
def test_cancelled_idle(loop: str, server: Any) -> None:
    with serving(loop, Upper, server=server) as served:
        served.cancel()
        served.over()
        with pytest.raises(ConnectionRefusedError):
            client(served.address)


@each_kind
@on_each_loop
def test_handlers_that_read_see_the_end_of_input_and_say_goodbye(loop: str, server: Any) -> None:
    ended = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                self.wfile.write(line)
            self.wfile.write(b"bye")

        def finish(self) -> None:
            super().finish()
            ended.set()

    with serving(loop, Handler, server=server, grace=1000) as served, client(served.address) as caller:
        caller.sendall(b"one\n")
        assert caller.recv(10) == b"one\n"
        served.cancel()
        assert received(caller) == b"bye"
        served.over()
        assert ended.is_set()


@each_kind
@on_each_loop
def test_a_goodbye_may_come_from_the_loop(loop: str, server: Any) -> None:
    async def goodbye() -> bytes:
        await anyio.sleep(0)
        return b"bye"

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                self.wfile.write(line)
            anyio.from_thread.check_cancelled()
            self.wfile.write(anyio.from_thread.run(goodbye))

    with serving(loop, Handler, server=server, grace=1000) as served, client(served.address) as caller:
        caller.sendall(b"one\n")
        assert caller.recv(10) == b"one\n"
        served.cancel()
        assert received(caller) == b"bye"
        served.over()


@each_kind
@on_each_loop
def test_a_reply_in_flight_to_a_slow_reader_is_complete(loop: str, server: Any) -> None:
    begun = threading.Event()
    size = 1 << 20

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            begun.set()
            self.request.sendall(bytes(size))

    with serving(loop, Handler, server=server, grace=1000) as served, client(served.address) as caller:
        eventually(begun)
        served.cancel()
        assert len(received(caller)) == size
        served.over()


@each_kind
@on_each_loop
def test_after_the_grace_a_reply_that_nobody_reads_is_cut(loop: str, server: Any) -> None:
    begun, failed = threading.Event(), threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            begun.set()
            try:
                self.request.sendall(bytes(64 << 20))
            except OSError:
                failed.set()
                raise

    with serving(loop, Handler, server=server, grace=0.05) as served, client(served.address):
        eventually(begun)
        served.cancel()
        served.over()
        eventually(failed)


@each_kind
@on_each_loop
def test_a_handler_that_never_ends_is_left_alone_and_told_of(loop: str, server: Any, caplog: pytest.LogCaptureFixture) -> None:
    begun, free = threading.Event(), threading.Event()
    requests: list[socket.socket] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            requests.append(self.request)
            begun.set()
            free.wait(SECONDS * 6)

    with caplog.at_level(logging.WARNING, "iomodels.bridge"):
        try:
            with serving(loop, Handler, server=server, grace=0) as served, client(served.address) as caller:
                eventually(begun)
                served.cancel()
                with contextlib.suppress(ConnectionResetError):
                    assert received(caller) == b""
                served.over()
                assert requests[0].fileno() == -1
        finally:
            free.set()
    assert [record.levelname for record in caplog.records if "left alone" in record.message] == ["WARNING"]


class OwnThreads(socketserver.TCPServer):
    """A mixin's work done by hand."""

    def process_request(self, request: Any, client_address: Any) -> None:
        threading.Thread(target=self.run, args=[request, client_address]).start()

    def run(self, request: Any, client_address: Any) -> None:
        self.finish_request(request, client_address)
        self.shutdown_request(request)


@pytest.mark.parametrize("server", [None, OwnThreads])
@on_each_loop
def test_whoever_comes_in_the_grace_is_refused(loop: str, server: Any) -> None:
    begun, go = threading.Event(), threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            begun.set()
            go.wait(SECONDS)
            self.request.sendall(b"done")

    with serving(loop, Handler, server=server, grace=1000) as served, client(served.address) as caller:
        eventually(begun)
        served.cancel()
        end = time.monotonic() + SECONDS
        while not refused(served.address):
            assert time.monotonic() < end
        go.set()
        assert received(caller) == b"done"
        served.over()


@pytest.mark.parametrize("server", [None, socketserver.UDPServer])
@on_each_loop
def test_a_datagram_being_answered_is_answered(loop: str, server: Any) -> None:
    begun, go = threading.Event(), threading.Event()

    class Handler(socketserver.DatagramRequestHandler):
        def handle(self) -> None:
            begun.set()
            go.wait(SECONDS)
            self.wfile.write(b"late")

    with serving(loop, Handler, server=server, grace=1000) as served, socket.socket(type=socket.SOCK_DGRAM) as caller:
        caller.settimeout(SECONDS)
        caller.sendto(b"x", served.address)
        eventually(begun)
        served.cancel()
        go.set()
        assert caller.recv(10) == b"late"
        served.over()


@on_each_loop
def test_connections_that_a_program_keeps_end_with_it(loop: str) -> None:
    kept: list[Any] = []

    class Keeping(socketserver.ThreadingTCPServer):
        def shutdown_request(self, request: Any) -> None:
            kept.append(request)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"x")

    with serving(loop, Handler, server=Keeping, grace=0, limit=1) as served, contextlib.ExitStack() as stack:
        first, second = (stack.enter_context(client(served.address)) for _ in range(2))
        assert first.recv(1) == second.recv(1) == b"x"  # what is kept takes no place
        served.cancel()
        assert received(first) == received(second) == b""
        served.over()
    for each in kept:
        each.close()


@on_each_loop
def test_a_client_that_another_accepts_first_does_not_keep_it(loop: str) -> None:
    woken, taken = threading.Event(), threading.Event()

    class Late(socketserver.ThreadingTCPServer):
        def get_request(self) -> Any:
            woken.set()
            eventually(taken)
            return super().get_request()

    listener = socket.create_server(ANYWHERE)
    with serving(loop, Upper, listener.dup()), serving(loop, Upper, listener, server=Late, grace=1000) as late:
        while not woken.is_set():  # both wake for a client, or the quick one alone
            assert exchange(late.address, b"x\n") == b"X\n"
        taken.set()
        late.cancel()
        late.over()


@pytest.mark.skipif(sys.platform != "linux", reason="only there does shutdown wake who waits for a datagram")
@on_each_loop
def test_a_datagram_that_another_takes_first_does_not_keep_it(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    woken, taken = threading.Event(), threading.Event()

    class Late(socketserver.UDPServer):
        def get_request(self) -> Any:
            woken.set()
            eventually(taken)
            return super().get_request()

    with socket.socket(type=socket.SOCK_DGRAM) as bound:
        bound.bind(ANYWHERE)
        twin = bound.dup()
        with twin, serving(loop, socketserver.DatagramRequestHandler, bound, server=Late, grace=0) as late:
            twin.sendto(b"x", late.address)
            eventually(woken)
            assert twin.recv(10) == b"x"
            taken.set()
            late.cancel()
            late.over()
    assert "left alone" not in caplog.text


@on_each_loop
def test_a_default_timeout_stays_the_sockets(loop: str) -> None:
    begun, go = threading.Event(), threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(None)
            begun.set()
            go.wait(SECONDS)
            self.request.sendall(bytes(16 << 20))

    socket.setdefaulttimeout(SECONDS)
    try:
        with serving(loop, Handler, grace=1000) as served, client(served.address) as caller:
            eventually(begun)
            served.cancel()
            go.set()
            assert len(received(caller)) == 16 << 20  # blocking, and so not cut where the buffer is full
            served.over()
    finally:
        socket.setdefaulttimeout(None)


@on_each_loop
def test_a_handler_that_asks_whether_it_is_cancelled_ends(loop: str) -> None:
    begun, ended = threading.Event(), threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            begun.set()
            try:
                while True:
                    anyio.from_thread.check_cancelled()
                    time.sleep(0.01)
            finally:
                ended.set()

    for server in (None, socketserver.TCPServer):
        with serving(loop, Handler, server=server, grace=0) as served, client(served.address):
            eventually(begun)
            served.cancel()
            served.over()
            eventually(ended)


@on_each_loop
def test_cancelled_while_the_server_is_made(loop: str) -> None:
    making, go = threading.Event(), threading.Event()

    class Server(socketserver.TCPServer):
        def server_bind(self) -> None:
            super().server_bind()
            making.set()
            go.wait(SECONDS)

    made: list[Server] = []

    def make(*arguments: Any) -> Server:
        made.append(Server(*arguments))
        return made[0]

    served = Served(Upper, ANYWHERE, server=make)
    thread = threading.Thread(target=served.run, args=[loop])
    thread.start()
    eventually(making)
    served.cancel()
    go.set()
    served.over()
    thread.join(SECONDS)
    assert made[0].socket.fileno() == -1


@on_each_loop
def test_cancelled_before_it_begins(loop: str) -> None:
    made: list[Any] = []

    async def main() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await serve(Upper, ANYWHERE, server=made.append)  # type: ignore[arg-type]

    LOOPS[loop](main)
    assert made == []


@on_each_loop
def test_cancelled_while_all_workers_are_busy_and_clients_wait(loop: str) -> None:
    with serving(loop, Upper, limit=1) as served, client(served.address) as first, client(served.address) as second:
        first.sendall(b"a\n")
        assert first.recv(10) == b"A\n"
        second.sendall(b"b\n")
        served.cancel()
        assert received(first) == b""
        with contextlib.suppress(ConnectionResetError):
            assert received(second) == b""
        served.over()


@pytest.mark.parametrize("how", ["timeout", "task"])
def test_cancelled_by_asyncio_itself(how: str) -> None:
    async def main() -> None:
        ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        class Ready:
            def started(self, value: Any = None) -> None:
                ready.set_result(value)

        serving = asyncio.ensure_future(serve(Upper, ANYWHERE, task_status=Ready()))
        caller = await asyncio.to_thread(client, await ready)
        caller.sendall(b"a\n")
        assert await asyncio.to_thread(caller.recv, 10) == b"A\n"
        if how == "task":
            serving.cancel()
        with pytest.raises((asyncio.CancelledError, TimeoutError)):
            await asyncio.wait_for(serving, 0.01 if how == "timeout" else SECONDS)
        assert await asyncio.to_thread(received, caller) == b""
        caller.close()

    asyncio.run(main())


def test_a_program_that_ends_without_waiting_for_serve_ends(caplog: pytest.LogCaptureFixture) -> None:
    begun = threading.Event()

    async def main() -> Any:
        ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        class Ready:
            def started(self, value: Any = None) -> None:
                ready.set_result(value)

        class Handler(Upper):
            def setup(self) -> None:
                super().setup()
                begun.set()

        main.task = asyncio.ensure_future(serve(Handler, ANYWHERE, task_status=Ready()))  # type: ignore[attr-defined]
        caller = client(await ready)
        await asyncio.to_thread(eventually, begun)
        return caller

    with asyncio.run(main()) as caller:
        assert received(caller) == b""
    assert not caplog.records


@needs_proc
@on_each_loop
def test_five_hundred_connections_of_all_sorts_leave_nothing(loop: str) -> None:
    done = threading.Semaphore(0)

    class Handler(Upper):
        def finish(self) -> None:
            super().finish()
            done.release()

    before, threads = sockets(), threading.active_count()
    with serving(loop, Handler, server=Quiet, limit=8) as served:
        for turn in range(500):
            caller = client(served.address)
            if turn % 5 == 0:
                caller.close()
            elif turn % 5 == 1:
                caller.sendall(b"x\n")
                reset(caller)
            elif turn % 5 == 2:
                reset(caller)
            else:
                with caller:
                    caller.sendall(b"x\ny")
                    caller.shutdown(socket.SHUT_WR)
                    assert received(caller) == b"X\nY"
        for _ in range(300):
            assert done.acquire(timeout=SECONDS)
        assert exchange(served.address, b"x\n") == b"X\n"
        assert threading.active_count() - threads <= 1 + 1 + 8 + 1  # the loop, the server's, the workers'
    assert sockets() <= before


@on_each_loop
def test_clients_that_say_nothing_and_slow_ones_do_not_keep_others(loop: str) -> None:
    with serving(loop, Upper) as served, contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(client(served.address))
        slow = stack.enter_context(client(served.address))
        for byte in b"slow\n":
            slow.send(bytes([byte]))
            assert exchange(served.address, b"x\n") == b"X\n"
        assert slow.recv(10) == b"SLOW\n"


def test_a_thread_that_cannot_be_started_costs_its_client_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[Any] = []
    failing = False

    class Server(socketserver.ThreadingTCPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
            errors.append(sys.exc_info()[0])

    start = threading.Thread.start

    def refuse(self: threading.Thread) -> None:
        if failing and "AnyIO" in self.name:
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with serving("asyncio.run", Upper, server=Server) as served, client(served.address) as first:
        first.sendall(b"a\n")
        assert first.recv(10) == b"A\n"
        failing = True
        with client(served.address) as caller:
            assert received(caller) == b""
        failing = False
        assert exchange(served.address, b"x\n") == b"X\n"
    assert errors == [RuntimeError]


SHORT = """
import asyncio, resource, socketserver, sys, threading
from iomodels.bridge.handlers import serve
from tests.iomodels.bridge.handlers_libraries import LOOPS

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())

class Said:
    def started(self, value=None):
        print(value[1], flush=True)

async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
    await serve(Handler, ("127.0.0.1", 0), task_status=Said(), limit=100)

LOOPS[sys.argv[1]](main)
"""


@needs_proc
@on_each_loop
def test_out_of_descriptors_it_neither_dies_nor_spins(loop: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(SHORT)
    root = str(Path(__file__).parents[3])
    command = [sys.executable, str(program), loop]
    environment = {**os.environ, "PYTHONPATH": root}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(process.kill)
        assert process.stdout is not None
        assert process.stderr is not None
        address = ("127.0.0.1", int(process.stdout.readline()))
        callers = [stack.enter_context(client(address)) for _ in range(60)]
        assert "accepting pauses" in process.stderr.readline()
        used = cpu(process.pid)
        assert "accepting pauses" in process.stderr.readline()  # a pause later
        assert cpu(process.pid) - used < 0.2
        callers[0].sendall(b"x\n")
        assert callers[0].recv(10) == b"X\n"
        for each in callers[:30]:
            each.close()
        callers[-1].sendall(b"y\n")
        assert callers[-1].recv(10) == b"Y\n"


def cpu(process: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@on_each_loop
def test_errors_in_accepting_do_not_end_it(loop: str) -> None:
    class Server(socketserver.ThreadingTCPServer):
        failures = 3

        def get_request(self) -> Any:
            if self.failures:
                self.failures -= 1
                raise ConnectionAbortedError
            return super().get_request()

    with serving(loop, Upper, server=Server) as served:
        assert exchange(served.address, b"x\n") == b"X\n"
