from collections.abc import Iterator
from itertools import pairwise

import pytest

from iomodels.load.crowd import TALKS
from iomodels.load.owed import Owed
from iomodels.load.spec import LoadError, Spec
from iomodels.load.talk import Talk, Upper, Wrong

REPLY = b"HTTP/1.1 200 OK\r\n%s\r\n%s"
LENGTH = b"Content-Length: %d\r\n"


def talk(service: str, size: int = 64) -> Talk:
    return TALKS[service](Spec("127.0.0.1", 80, service=service, size=size))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("service", TALKS)
@pytest.mark.parametrize("size", [1, 9, 64, 5000])
def test_replies_are_found_however_they_are_cut(service: str, size: int) -> None:
    spoken = talk(service, size=size)
    came, owed = b"", Owed(spoken)
    for number, (_, want) in enumerate(spoken.pairs(3)):
        came += REPLY % (b"Date: %d\r\n" % number + LENGTH % size, want) if service == "http" else want
        owed.expect(want, number)
    for cut in (1, 7, 64, len(came)):
        again = Owed(spoken)
        for number, (_, want) in enumerate(spoken.pairs(3)):
            again.expect(want, number)
        assert [stamp for piece in pieces(came, cut) for stamp in again.take(piece)] == list(range(7))
        assert not again


def test_requests_differ_from_turn_to_turn_and_from_neighbour_to_neighbour() -> None:
    spoken = Upper(Spec("127.0.0.1", 80, connections=1000))
    asked = [[request for request, _ in spoken.pairs(number)] for number in range(1000)]
    assert len({request for turns in asked for request in turns}) == 7000
    short = Upper(Spec("127.0.0.1", 80, connections=1000, size=1))
    for one, other in pairwise(short.pairs(0)):
        assert one != other
    for request, reply in short.pairs(5):
        assert reply == request.upper() != request


def test_large_payloads_are_shared_out_so_that_memory_is_bounded() -> None:
    spoken = Upper(Spec("127.0.0.1", 80, connections=1000, size=1_000_000))
    made = {id(request): len(request) for number in range(1000) for request, _ in spoken.pairs(number)}
    assert sum(made.values()) <= 64 * 1024 * 1024 / 2
    assert len(set(spoken.pairs(0)) & set(spoken.pairs(1))) < 7


@pytest.mark.parametrize("at", [0, 5, 63])
def test_the_first_wrong_byte_is_named(at: int) -> None:
    spoken = talk("upper")
    want = spoken.pairs(0)[0][1]
    came = want[:at] + b"?" + want[at + 1 :]
    owed = Owed(spoken)
    owed.expect(want, 0)
    with pytest.raises(Wrong, match=f"wrong at byte {at} of a reply: owed .*, came .*[?]"):
        owed.take(came)


def test_a_byte_too_many_and_one_that_nobody_asked_for() -> None:
    owed = Owed(talk("upper"))
    owed.expect(b"AB", 0)
    with pytest.raises(LoadError, match="sent b'C' after its last reply"):
        owed.take(b"ABC")
    with pytest.raises(LoadError, match=r"the server closed a connection$"):
        Owed(talk("upper")).take(b"")


@pytest.mark.parametrize(
    ("came", "words"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "a reply had status 500, where 200 is owed"),
        (REPLY % (LENGTH % 4, b"ABCX"), "wrong at byte 3 of a body: owed b'ABCD', came b'ABCX'"),
        (REPLY % (LENGTH % 5, b"ABCDE"), "of a body of 5 bytes where 4 are owed"),
        (REPLY % (b"", b"ABCD"), "neither Content-Length nor chunks"),
        (REPLY % (b"Transfer-Encoding: chunked\r\n", b"2\r\nAB\r\n2\r\nXD\r\n0\r\n\r\n"), "wrong at byte 2 of a body"),
        (REPLY % (b"Transfer-Encoding: chunked\r\n", b"2\r\nAB\r\n0\r\n\r\n"), "wrong at byte 2 of a body"),
        (REPLY % (b"Transfer-Encoding: chunked\r\n", b"zz\r\nAB"), "a chunk has the size b'zz'"),
        (b"+PONG\r\n", "wrong at byte 0 of a reply: owed b'HTTP/1.1 200', came b'[+]PONG"),
    ],
)
def test_http_replies_that_are_wrong(came: bytes, words: str) -> None:
    owed = Owed(talk("http"))
    owed.expect(b"ABCD", 0)
    with pytest.raises(LoadError, match=words):
        owed.take(came)


@pytest.mark.parametrize("cut", [1, 1000])
def test_http_framings_that_are_right(cut: int) -> None:
    chunked = REPLY % (b"transfer-encoding:chunked\r\n", b"2;x=1\r\nAB\r\n2\r\nCD\r\n0\r\nT: 1\r\n\r\n")
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" + REPLY % (b"content-length:  4 \r\n", b"ABCD")
    owed = Owed(talk("http"))
    owed.expect(b"ABCD", 1)
    owed.expect(b"ABCD", 2)
    assert [stamp for piece in pieces(chunked + interim, cut) for stamp in owed.take(piece)] == [1, 2]
