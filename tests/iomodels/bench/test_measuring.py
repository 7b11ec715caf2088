"""A measurement tells the server's own figures: of all its processes, and of no other program."""

import os
import select
import sys

from iomodels.bench.cores import on_core, two_cores
from iomodels.bench.measuring import cpu_times, measure, memory
from iomodels.bench.results import Point
from iomodels.bench.run import greet
from iomodels.contract.server import Launch, Server
from iomodels.load.spec import Spec

KIB, MIB = 1024, 1024 * 1024
CONNECTIONS = 20

# Each connection costs it 256 KiB, allocated when the first request comes; the first one of all costs it 64 MiB more.
GREEDY = """
import asyncio, sys
kept = []
async def converse(reader, writer):
    own = None
    while data := await reader.read(100):
        if not kept:
            kept.append(bytearray(b"x") * (64 << 20))
        own = own or bytearray(b"x") * (256 << 10)
        writer.write(data.upper())
    writer.close()
async def main():
    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    print("listening on %s:%d" % server.sockets[0].getsockname(), flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

# A child for each connection, with 256 KiB of its own and 64 MiB that it shares with the parent; some ms of CPU a request.
FORKING = """
import os, signal, socket, sys, time
shared = bytearray(b"x") * (64 << 20)
busy = int(sys.argv[1]) / 1000
listener = socket.create_server(("127.0.0.1", 0))
signal.signal(signal.SIGCHLD, lambda *_: os.waitpid(-1, os.WNOHANG))
print("listening on %s:%d" % listener.getsockname(), flush=True)
while True:
    client, _ = listener.accept()
    if not os.fork():
        own = bytearray(b"x") * (256 << 10)
        while data := client.recv(100):
            end = time.process_time() + busy
            while time.process_time() < end:
                pass
            client.sendall(data.upper())
        os._exit(0)
    client.close()
"""


def started(script: str, *arguments: str) -> Server:
    """A server on its core."""
    with on_core(two_cores()[0]):
        return Launch([sys.executable, "-c", script, *arguments]).start()


def load(server: Server, connections: int = CONNECTIONS, per_connection: int | None = None) -> Spec:
    """Some connections, without a warm-up."""
    return Spec(server.host, server.port, connections=connections, per_connection=per_connection, warm_up=0)


def test_what_a_connection_makes_is_counted_and_what_is_made_once_is_not() -> None:
    server = started(GREEDY)
    try:
        greet(server, Point())
        before = memory(server.pid)
        measured = measure(server, load(server), 0.05, two_cores()[1])
    finally:
        server.stop()
    assert before.own > 64 * MIB
    assert 256 * KIB <= (measured.memory.own - before.own) / CONNECTIONS < 512 * KIB
    assert measured.pss == measured.memory.all > measured.memory.own
    assert (measured.processes, measured.threads, measured.processes_gone) == (1, 1, 0)
    assert measured.outcome.requests >= CONNECTIONS
    assert 0 < measured.server_cpu < 10
    assert measured.cost == measured.server_cpu / measured.outcome.requests * 1e6


def test_children_are_counted_and_what_they_share_is_counted_once() -> None:
    server = started(FORKING, "2")
    try:
        before = memory(server.pid)
        measured = measure(server, load(server), 0.05, two_cores()[1])
    finally:
        server.stop()
    assert measured.processes == measured.threads == 1 + CONNECTIONS
    assert 256 * KIB <= (measured.memory.own - before.own) / CONNECTIONS < 4 * MIB
    assert measured.cost > 2000
    assert measured.switches.all >= measured.outcome.requests  # each child waits for each request


def test_what_children_used_that_have_ended_is_counted_too() -> None:
    server = started(FORKING, "10")
    try:
        measured = measure(server, load(server, 3, per_connection=2), 0.2, two_cores()[1])
    finally:
        server.stop()
    assert measured.processes_gone > 0
    assert measured.cost > 9000


TWO = """
import os, signal
if not os.fork():  # the child says it, so that both have run
    print("listening on 127.0.0.1:1", flush=True)
signal.pause()
"""


def test_every_process_has_a_clock_and_is_ended() -> None:
    server = started(TWO)
    try:
        times = cpu_times(server.pid)
        assert len(times) == 2
        assert min(times.values()) > 0
        (child,) = times.keys() - {server.pid}
        handle = os.pidfd_open(child)
    finally:
        server.stop()
    ended, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    assert ended


def test_what_is_started_on_a_core_stays_there_and_we_do_not() -> None:
    before = os.sched_getaffinity(0)
    server = started(TWO)
    try:
        assert {os.sched_getaffinity(pid) == {two_cores()[0]} for pid in cpu_times(server.pid)} == {True}
        assert os.sched_getaffinity(0) == before
    finally:
        server.stop()
