"""Frames before and after: found however they are cut, told apart from a cut, and never believed beyond the limit."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from iomodels.contract.client import Client, End
from iomodels.contract.server import TRACEBACK, Server
from tests.guide.recipes._running import VERSIONS, each_version, run_server
from tests.guide.recipes._talking import altered

LIMIT = 1024 * 1024  # the recipe's
PATIENCE = 10.0  # seconds of silence that fail a test


def frame(payload: bytes) -> bytes:
    return struct.pack("!I", len(payload)) + payload


def connect(server: Server) -> Client:
    return Client(socket.create_connection((server.host, server.port)), PATIENCE)


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with run_server("binary_framing", request.param) as running:
        yield running


def test_a_frame_is_answered_when_it_is_whole_however_it_is_cut(server: Server) -> None:
    request, reply = frame(b"hello\nyou\0"), frame(b"HELLO\nYOU\0")
    with connect(server) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for cut in range(1, len(request)):
            client.send(request[:cut])
            client.wait_until_read()  # so that the rest is another receive
            assert client.is_silent()
            client.exchange(request[cut:], reply)


def test_all_frames_of_one_segment_are_answered(server: Server) -> None:
    with connect(server) as client:
        client.send(frame(b"one") + frame(b"") + frame(b"two") + frame(b"three")[:-2])
        client.expect(frame(b"ONE") + frame(b"") + frame(b"TWO"))
        client.exchange(b"ee", frame(b"THREE"))


def test_a_frame_of_the_limit_comes_back_whole(server: Server) -> None:
    with connect(server) as client:
        client.exchange(frame(b"abcdefgh" * (LIMIT // 8)), frame(b"ABCDEFGH" * (LIMIT // 8)))


def test_an_end_between_frames_is_an_end(server: Server) -> None:
    with connect(server) as client:
        client.send(frame(b"one") + frame(b"two"))
        client.half_close()
        assert client.read_to_end() == (frame(b"ONE") + frame(b"TWO"), End.FIN)
    with connect(server) as client:
        client.half_close()
        client.expect_fin()


# Each with a server of its own, whose log is read to the end.


def expect_log(server: Server, *lines: str) -> None:
    """These lines, and no other, are on its standard error; they may come a moment after the end of the conversation."""
    server.reaches(lambda: server.log().count("\n") >= len(lines), lambda: f"wrote no more than {server.log()!r}")
    server.stop()
    assert server.log().splitlines() == [*lines]


@each_version
def test_only_an_end_within_a_frame_is_an_error(version: str) -> None:
    with run_server("binary_framing", version) as server:
        for said in (b"", frame(b"one"), frame(b"one") + b"\0\0", frame(b"one") + frame(b"cut off")[:-4]):
            with connect(server) as client:
                client.send(said)
                client.half_close()
                assert client.read_to_end() == (frame(b"ONE") if said else b"", End.FIN)
        expect_log(
            server,
            "lost a client: EOFError('the input ended after 2 of 4 bytes of a header')",
            "lost a client: EOFError('the input ended after 3 of 7 bytes of a frame')",
        )


@each_version
@pytest.mark.parametrize("length", [LIMIT + 1, 2**32 - 1])
def test_a_length_beyond_the_limit_is_refused_at_once(version: str, length: int) -> None:
    with run_server("binary_framing", version) as server:
        with connect(server) as client:
            client.send(frame(b"one") + struct.pack("!I", length))
            assert client.read_to_end() == (frame(b"ONE"), End.FIN)
        expect_log(server, f"lost a client: ValueError('a frame of {length} bytes')")


@each_version
def test_who_vanishes_in_mid_frame_costs_nobody_else(version: str) -> None:
    with run_server("binary_framing", version) as server, connect(server) as bystander:
        bystander.exchange(frame(b"before"), frame(b"BEFORE"))
        for said in (frame(b"cut off")[:-4], frame(b"whole") * 1000):
            client = connect(server)
            client.send(said)
            client.reset()
        bystander.exchange(frame(b"after"), frame(b"AFTER"))
        with connect(server) as newcomer:
            newcomer.exchange(frame(b"hello"), frame(b"HELLO"))
        assert TRACEBACK not in server.log()


# The trap: one receive is taken for a frame, which it is as long as one tries it by hand.


NAIVE = {
    "before": {"receive_exactly(client, length)": "client.recv(length)"},
    "on_asyncio": {"await receive_exactly(reader, length)": "await reader.read(length)"},
    "on_trio": {"await receive_exactly(stream, length)": "await stream.receive_some(length)"},
    "on_anyio": {"await receive_exactly(stream, length)": "await stream.receive(length)"},
}


@each_version
def test_one_receive_is_a_frame_until_it_comes_in_two(version: str, tmp_path: Path) -> None:
    naive = altered(tmp_path, "binary_framing", version, NAIVE[version])
    with run_server("binary_framing", naive) as server, connect(server) as client:
        client.exchange(frame(b"hello"), frame(b"HELLO"))
        client.send(frame(b"hello")[:-2])
        assert client.read_to_end() == (b"", End.FIN)
        expect_log(server, "lost a client: EOFError('the input ended after 3 of 5 bytes of a frame')")


def test_readexactly_of_asyncio_is_not_bounded_by_the_limit_of_the_stream() -> None:
    async def scenario() -> None:
        reader = asyncio.StreamReader(limit=8)
        reader.feed_data(b"0123456789" * 10)
        assert await reader.readexactly(100) == b"0123456789" * 10

    asyncio.run(scenario())
