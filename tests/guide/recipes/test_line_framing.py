"""Lines before and after: whatever way they arrive, the same lines are found, and none is longer than the limit."""

import asyncio
import socket
from collections.abc import Iterator

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.stapled import StapledObjectStream

from iomodels.contract.cases.half_close import unread_input_gets_fin
from iomodels.contract.cases.lines import endings, endless_line, quit_ends, unfinished_last_line
from iomodels.contract.client import Client, End
from iomodels.contract.profile import Profile
from iomodels.contract.server import TRACEBACK, Server
from iomodels.contract.trial import Trial, dialect
from tests.guide.recipes._running import VERSIONS, run_server

LIMIT = 64 * 1024  # the recipe's
PATIENCE = 10.0  # seconds of silence that fail a test


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with run_server("line_framing", request.param) as running:
        yield running


def connect(server: Server) -> Client:
    return Client(socket.create_connection((server.host, server.port)), PATIENCE)


def test_a_line_is_answered_when_it_is_whole_however_it_is_cut(server: Server) -> None:
    with connect(server) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (b"he", b"llo", b"\nwo"):
            client.send(piece)
            client.wait_until_read()  # so that the next is another receive
        client.expect(b"HELLO\n")
        assert client.is_silent()
        client.send(b"rld\n")
        client.expect(b"WORLD\n")


def test_all_lines_of_one_segment_are_answered(server: Server) -> None:
    with connect(server) as client:
        client.send(b"one\ntwo\n\nthree\nfo")
        client.expect(b"ONE\nTWO\n\nTHREE\n")
        client.send(b"ur\n")
        client.expect(b"FOUR\n")


def test_crlf_ends_a_line_as_lf_does(server: Server) -> None:
    with connect(server) as client:
        client.send(b"hello\r\nquit\r\nleft unread\r\n")
        assert client.read_to_end() == (b"HELLO\r\nBYE\r\n", End.FIN)


def test_a_cr_and_its_lf_may_come_apart(server: Server) -> None:
    with connect(server) as client:
        client.send(b"hello\r")
        client.wait_until_read()
        assert client.is_silent()
        client.send(b"\n")
        client.expect(b"HELLO\r\n")


def test_a_last_line_without_lf_is_answered_before_the_end(server: Server) -> None:
    with connect(server) as client:
        client.send(b"first\nlast")
        client.half_close()
        assert client.read_to_end() == (b"FIRST\nLAST\n", End.FIN)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_line_of_the_limit_is_answered(server: Server, at_once: bool) -> None:
    assert replies(server, b"x" * LIMIT + b"\nnext\n", at_once) == (b"X" * LIMIT + b"\nNEXT\n", End.FIN)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("excess", [1, 2, 3 * LIMIT])
def test_a_longer_line_gets_an_error_and_the_end_although_more_lies_unread(server: Server, excess: int, at_once: bool) -> None:
    said = b"first\n" + b"x" * (LIMIT + excess) + b"\nnext\n"
    assert replies(server, said, at_once) == (b"FIRST\nERROR line too long\n", End.FIN)


def replies(server: Server, said: bytes, at_once: bool) -> tuple[bytes, End]:
    """What comes back to `said`, and how it ends; at once: when all of it, FIN too, is there before the server looks."""
    with connect(server) as client:
        if not at_once:
            client.send(said)
            client.half_close()
        else:
            client.send(b"\n")
            client.expect(b"\n")  # it is being served
            with server.stopped():
                client.send(said)
                client.half_close()
        return client.read_to_end()


def test_a_line_is_refused_without_waiting_for_its_end(server: Server) -> None:
    with connect(server) as client:
        client.send(b"x" * (LIMIT + 1))
        client.expect(b"ERROR line too long\n")
        client.expect_fin()


def test_who_vanishes_in_mid_line_costs_nobody_else(server: Server) -> None:
    with connect(server) as bystander:
        for said in (b"half a li", b"whole\n" * 1000):
            client = connect(server)
            client.send(said)
            client.reset()
        bystander.send(b"hello\n")
        bystander.expect(b"HELLO\n")
    with connect(server) as newcomer:
        newcomer.send(b"hello\n")
        newcomer.expect(b"HELLO\n")
    assert TRACEBACK not in server.log()


@pytest.mark.parametrize(
    "case", [endings, endless_line, quit_ends, unfinished_last_line, unread_input_gets_fin], ids=lambda case: case.__name__
)
def test_the_contract_holds(server: Server, case: object) -> None:
    trial = Trial((server.host, server.port), dialect("lines"), Profile(), server=server)
    try:
        case.check(trial)  # type: ignore[attr-defined]
    finally:
        trial.close()


# What the page says of the libraries.


def test_readline_of_asyncio_raises_value_error_and_takes_the_rest_for_a_line() -> None:
    async def scenario() -> None:
        reader = asyncio.StreamReader(limit=8)
        reader.feed_data(b"0123456789")
        with pytest.raises(ValueError, match="Separator is not found, and chunk exceed the limit"):
            await reader.readline()
        reader.feed_data(b"rest\n")
        assert await reader.readline() == b"rest\n"

    asyncio.run(scenario())


def test_receive_until_of_anyio_returns_more_than_its_limit_and_keeps_an_unfinished_line() -> None:
    async def scenario() -> None:
        send, receive = anyio.create_memory_object_stream[bytes](2)
        async with StapledObjectStream(send, receive) as pipe:
            lines = BufferedByteReceiveStream(pipe)
            await pipe.send(b"0123456789\nunfinished")
            assert await lines.receive_until(b"\n", 8) == b"0123456789"
            await send.aclose()
            for _ in range(2):
                with pytest.raises(anyio.IncompleteRead):
                    await lines.receive_until(b"\n", 80)
                assert lines.buffer == b"unfinished"

    anyio.run(scenario)
