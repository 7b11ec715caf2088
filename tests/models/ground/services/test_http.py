import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ground.conversation import HIGH_WATER
from models.ground.services.http import BODY_LIMIT, CODED_LIMIT, GREETING, HEAD_LIMIT, Http, service
from tests.models.ground.services.feeding import Spoken, cuts, feed, pieces, same_however_cut, speak

HOST = b"Host: x\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
CLOSE = b"Connection: close\r\n"
KEEP_ALIVE = b"Connection: keep-alive\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def head(status: bytes, length: int, extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%b\r\n" % (status, length, extra)


def reply(body: bytes, extra: bytes = b"") -> bytes:
    return head(b"200 OK", len(body), extra) + body


def refusal(status: bytes, extra: bytes = CLOSE) -> bytes:
    body = status[4:] + b"\n"
    return head(status, len(body), extra) + body


def post(body: bytes, *headers: bytes, method: bytes = b"POST", version: bytes = b"1.1") -> bytes:
    lines = [HOST, *(header + b"\r\n" for header in headers), b"Content-Length: %d\r\n" % len(body)]
    return b"%b /any HTTP/%b\r\n%b\r\n%b" % (method, version, b"".join(lines), body)


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + coded + b"0\r\n" + trailer + b"\r\n"


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (GET, reply(GREETING)),
        (b"GET /?a=b HTTP/1.1\r\n" + HOST + b"\r\n", reply(GREETING)),
        (b"GET http://x HTTP/1.1\r\n" + HOST + b"\r\n", reply(GREETING)),
        (b"GET HTTP://x/?q HTTP/1.1\r\n" + HOST + b"\r\n", reply(GREETING)),
        (b"GET http://x/a HTTP/1.1\r\n" + HOST + b"\r\n", refusal(b"404 Not Found", b"")),
        (b"GET /other HTTP/1.1\r\n" + HOST + b"\r\n", refusal(b"404 Not Found", b"")),
        (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", refusal(b"404 Not Found", b"")),
        (b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n", head(b"200 OK", len(GREETING))),
        (b"HEAD /other HTTP/1.1\r\n" + HOST + b"\r\n", head(b"404 Not Found", len(b"Not Found\n"))),
        (post(b"hello\xff"), reply(b"HELLO\xff")),
        (post(b""), reply(b"")),
        (post(b"put", method=b"PUT"), reply(b"PUT")),
        (post(b"x", method=b"GET").replace(b"/any", b"/"), reply(GREETING)),
        (chunked(b"he", b"llo"), reply(b"HELLO")),
        (chunked(b"a", trailer=b"X: y\r\n"), reply(b"A")),
        (chunked(), reply(b"")),
        (
            post(b"x", method=b"DELETE"),
            refusal(b"405 Method Not Allowed", b"Allow: GET, HEAD, POST, PUT\r\n"),
        ),
        (
            b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
            refusal(b"405 Method Not Allowed", b"Allow: GET, HEAD, POST, PUT\r\n"),
        ),
        (
            b"CONNECT x:1 HTTP/1.1\r\n" + HOST + b"\r\n",
            refusal(b"405 Method Not Allowed", b"Allow: GET, HEAD, POST, PUT\r\n"),
        ),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n", reply(GREETING)),
        (b"GET / HTTP/1.0\r\n" + KEEP_ALIVE + b"\r\n", reply(GREETING, KEEP_ALIVE)),
        (b"\r\n\r\n" + GET, reply(GREETING)),
        (GET.replace(b"\r\n", b"\n"), reply(GREETING)),
    ],
)
def test_a_request_is_answered_and_the_connection_persists(request_: bytes, response: bytes) -> None:
    assert same_however_cut(service, request_) == Spoken(response, hung_up=False)
    assert same_however_cut(service, request_ + GET) == Spoken(response + reply(GREETING), hung_up=False)


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (b"GET / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", reply(GREETING, CLOSE)),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Connection: a\r\nConnection: b, Close\r\n\r\n", reply(GREETING, CLOSE)),
        (b"GET / HTTP/1.0\r\n\r\n", reply(GREETING, CLOSE)),
        (b"HEAD / HTTP/1.0\r\n\r\n", head(b"200 OK", len(GREETING), CLOSE)),
        (post(b"x", version=b"1.0"), reply(b"X", CLOSE)),
    ],
)
def test_the_last_request_is_answered_and_what_follows_is_ignored(request_: bytes, response: bytes) -> None:
    assert same_however_cut(service, request_ + GET) == Spoken(response, hung_up=True)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no Host"),
        pytest.param(b"GET / HTTP/1.1\r\n" + 2 * HOST + b"\r\n", id="two Hosts"),
        pytest.param(post(b"5\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"), id="length and chunked"),
        pytest.param(
            b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            id="chunked and length",
        ),
        pytest.param(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="chunked in 1.0"),
        pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"),
        pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1, 2\r\n\r\nab", id="a list of lengths"),
        pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +1\r\n\r\nx", id="signed length"),
        pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1_0\r\n\r\n0123456789", id="length of Python"),
        pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0x1\r\n\r\nx", id="hexadecimal length"),
        pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 100 + b"\r\n\r\n", id="absurd length"),
        pytest.param(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length : 1\r\n\r\nx", id="space before colon"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n", id="folded header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n\tb\r\n\r\n", id="folded with tab"),
        pytest.param(b"GET / HTTP/1.1\r\n " + HOST + b"\r\n", id="folded first header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n", id="bare CR in a value"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rContent-Length: 5\r\n\r\n", id="bare CR as line end"),
        pytest.param(b"GET / HTTP/1.1\r\r\n" + HOST + b"\r\n", id="doubled CR"),
        pytest.param(b"GET /\r HTTP/1.1\r\n" + HOST + b"\r\n", id="bare CR in the target"),
        pytest.param(b"\rGET / HTTP/1.1\r\n" + HOST + b"\r\n", id="bare CR in front"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: \x00\r\n\r\n", id="NUL"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"no colon\r\n\r\n", id="no colon"),
        pytest.param(b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", id="two spaces"),
        pytest.param(b"GET /\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"\n\n", id="lone LFs"),
        pytest.param(b"\x16\x03\x01\x02\x00\r\n\r\n", id="TLS"),
    ],
)
def test_a_malformed_head_is_refused_and_nothing_after_it_is_executed(request_: bytes) -> None:
    assert same_however_cut(service, request_ + GET) == Spoken(refusal(b"400 Bad Request"), hung_up=True)
    assert same_however_cut(service, GET + request_ + GET).output == reply(GREETING) + refusal(b"400 Bad Request")


@pytest.mark.parametrize(
    "coded",
    [
        pytest.param(b"g\r\n", id="not hexadecimal"),
        pytest.param(b"\r\n", id="no size"),
        pytest.param(b"-1\r\n", id="negative"),
        pytest.param(b"+1\r\na\r\n", id="signed"),
        pytest.param(b"0x1\r\na\r\n", id="prefixed"),
        pytest.param(b" 1\r\na\r\n", id="space in front"),
        pytest.param(b"1_0\r\n", id="of Python"),
        pytest.param(b"f" * 21 + b"\r\n", id="absurd"),
        pytest.param(b"1\r\nabc\r\n", id="data longer than its size"),
        pytest.param(b"1\r\na\n1\r\nb\r\n", id="LF after data"),
        pytest.param(b"1\na\r\n0\r\n\r\n", id="LF after size"),
        pytest.param(b"1\r\r\na\r\n0\r\n\r\n", id="bare CR after size"),
        pytest.param(b"0\r\nbad trailer\r\n\r\n", id="trailer without colon"),
    ],
)
def test_a_malformed_chunk_is_refused_and_nothing_after_it_is_executed(coded: bytes) -> None:
    start = chunked().removesuffix(b"0\r\n\r\n")
    assert same_however_cut(service, start + coded + GET) == Spoken(refusal(b"400 Bad Request"), hung_up=True)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", b"501 Not Implemented"),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", b"501 Not Implemented"),
        (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", b"505 HTTP Version Not Supported"),
        (b"PRI * HTTP/2.0\r\n" + HOST + b"\r\n", b"505 HTTP Version Not Supported"),
    ],
)
def test_what_is_not_supported_is_refused(request_: bytes, status: bytes) -> None:
    assert same_however_cut(service, request_ + GET) == Spoken(refusal(status), hung_up=True)


def test_a_refused_head_request_has_no_body() -> None:
    request = b"HEAD / HTTP/1.1\r\n" + HOST + b"Content-Length: 9999999\r\n\r\n"
    assert speak(service, request) == head(b"413 Content Too Large", len(b"Content Too Large\n"), CLOSE)


@pytest.mark.parametrize("version", [b"1.1", b"1.2"])
def test_a_client_that_expects_to_be_invited_is(version: bytes) -> None:
    request = post(b"hello", b"Expect: 100-continue", version=version)
    conversation = service()
    conversation.receive(request[:-5])
    assert conversation.unsent == CONTINUE
    conversation.receive(b"hello")
    assert conversation.unsent == CONTINUE + reply(b"HELLO")
    assert same_however_cut(service, request).output == CONTINUE + reply(b"HELLO")


def test_a_client_of_http_1_0_is_not_invited() -> None:
    assert speak(service, post(b"a", b"Expect: 100-continue", version=b"1.0")) == reply(b"A", CLOSE)


def test_a_client_is_not_invited_to_send_too_much() -> None:
    conversation = service()
    request = b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1)
    conversation.receive(request)
    assert conversation.unsent == refusal(b"413 Content Too Large")
    assert not conversation.wants_input


@pytest.mark.parametrize("size", [1000, 65_536, 10 * BODY_LIMIT])
def test_the_largest_body_is_the_same_however_it_is_cut(size: int) -> None:
    largest = b"x" * BODY_LIMIT
    for data in (post(largest), chunked(largest), chunked(*pieces(largest, range(0, BODY_LIMIT, 999)))):
        chunks = pieces(data, range(0, len(data), size))
        assert feed(service(), chunks, take=BODY_LIMIT).output == reply(largest.upper())
    for data in (post(largest + b"x"), chunked(largest, b"x"), chunked(largest + b"x" + b"g")):
        chunks = pieces(data + GET, range(0, len(data), size))
        assert feed(service(), chunks) == Spoken(refusal(b"413 Content Too Large"), hung_up=True)


@pytest.mark.parametrize("size", [1000, 65_536, 10 * CODED_LIMIT])
@pytest.mark.parametrize("coded", [b"1;" + b"x" * CODED_LIMIT, b"0\r\n" + b"X: y\r\n" * CODED_LIMIT])
def test_a_chunked_body_cannot_be_padded_without_end(coded: bytes, size: int) -> None:
    data = chunked().removesuffix(b"0\r\n\r\n") + coded
    assert feed(service(), pieces(data, range(0, len(data), size))) == Spoken(refusal(b"413 Content Too Large"), hung_up=True)


@pytest.mark.parametrize("size", [1, 1000, 10 * HEAD_LIMIT])
def test_the_largest_head_is_the_same_however_it_is_cut(size: int) -> None:
    start = b"GET / HTTP/1.1\r\n" + HOST + b"X: "
    for excess, response in ((0, reply(GREETING)), (1, refusal(b"431 Request Header Fields Too Large"))):
        data = start + b"x" * (HEAD_LIMIT + excess - len(start) - 4) + b"\r\n\r\n"
        assert feed(service(), pieces(data, range(0, len(data), size))) == Spoken(response, hung_up=excess == 1)


def test_an_endless_header_is_refused_at_the_limit() -> None:
    conversation = service()
    conversation.receive((b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * HEAD_LIMIT)[: HEAD_LIMIT - 1])
    assert conversation.wants_input
    conversation.receive(b"x")
    assert conversation.unsent == refusal(b"431 Request Header Fields Too Large")
    assert not conversation.wants_input


def test_pipelined_requests_are_answered_in_order() -> None:
    requests = [post(b"%d" % number) if number % 3 else chunked(b"%d" % number) for number in range(200)]
    assert speak(service, b"".join(requests)) == b"".join(reply(b"%d" % number) for number in range(200))


def test_replies_not_taken_are_bounded_and_none_is_lost() -> None:
    body = b"y" * 10_000
    conversation = service()
    conversation.receive(post(body) * 100)
    assert not conversation.wants_input
    assert HIGH_WATER < len(conversation.unsent) <= HIGH_WATER + len(reply(body))
    assert conversation.deadline is None
    assert feed(conversation, []).output == reply(body.upper()) * 100


def test_an_early_end_of_input_after_a_whole_request_is_answered() -> None:
    conversation = service()
    conversation.receive(post(b"abc"))
    conversation.receive(b"")
    assert conversation.unsent == reply(b"ABC")


@pytest.mark.parametrize("request_", [GET[:1], GET[:-1], post(b"abc")[:-1], chunked(b"abc")[:-1]])
def test_a_request_cut_short_by_the_end_of_input_is_refused(request_: bytes) -> None:
    assert same_however_cut(service, request_).output == refusal(b"400 Bad Request")


def test_a_deadline_runs_from_a_requests_first_byte_to_its_last() -> None:
    conversation = service()
    assert conversation.deadline is None
    conversation.receive(b"G")
    begun = conversation.deadline
    assert begun is not None
    assert time.monotonic() < begun <= time.monotonic() + Http.request_seconds
    conversation.receive(post(b"abc")[:-1].replace(b"POST", b"ET", 1))
    assert conversation.deadline == begun
    conversation.receive(b"c")
    assert conversation.deadline is None
    conversation.receive(b"\r")
    assert conversation.deadline is not None
    conversation.receive(b"\n")
    assert conversation.deadline is None
    conversation.receive(GET + b"G")
    assert conversation.deadline is not None
    assert conversation.deadline > begun


def test_a_request_whose_time_is_up_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Http, "request_seconds", 0.0)
    for cut_short in (GET[:-1], post(b"abc")[:-1]):
        conversation = service()
        conversation.receive(GET + cut_short)
        assert conversation.deadline is not None
        conversation.receive(b"")
        assert conversation.unsent == reply(GREETING) + refusal(b"408 Request Timeout")
        assert conversation.deadline is None


def test_an_idle_connection_is_not_told_that_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Http, "request_seconds", 0.0)
    assert speak(service, GET) == reply(GREETING)
    assert speak(service) == b""


PARTS = st.one_of(
    st.sampled_from(
        [
            GET,
            post(b"abc"),
            post(b"de", b"Expect: 100-continue"),
            chunked(b"f", b"gh", trailer=b"A: b\r\n"),
            b"GET / HTTP/1.0\r\n" + KEEP_ALIVE + b"\r\n",
            b"GET / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
            b"\r\n",
            b"\n",
            b"\r",
            b"Transfer-Encoding: chunked\r\n",
        ]
    ),
    st.binary(max_size=10),
)


@settings(deadline=None)
@given(st.data(), st.lists(PARTS, max_size=6))
def test_the_reply_does_not_show_how_the_requests_were_cut(data: st.DataObject, parts: list[bytes]) -> None:
    text = b"".join(parts)
    same_however_cut(service, text, data.draw(cuts(len(text))))


@given(st.lists(st.binary(min_size=1, max_size=50)))
def test_random_bytes_never_raise(chunks: list[bytes]) -> None:
    feed(service(), chunks)
