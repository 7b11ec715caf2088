"""What takes the place of a framework does what the framework did, and hides nothing of the file by its name."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iomodels.migrate.rewrite import Target, rewrite
from iomodels.migrate.rewrite.shapes._channel_texts import chat_helper
from iomodels.migrate.rewrite.targets import table_for

Terminator = bytes | int | None
SERVER = """
import socketserver


class {name}(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(self.request.recv(1024))


with socketserver.TCPServer(("", 9999), {name}) as server:
    server.serve_forever()
"""
LIMITED = """import socketserver, sys, threading
class Handler(socketserver.StreamRequestHandler):
    timeout = 3
    def handle(self):
        self.wfile.write(self.rfile.readline())
class Server(socketserver.TCPServer):
    request_queue_size = 3
Server(("", 9999), Handler).serve_forever()
"""
SETUP = "    def setup(self):\n        self.request.sendall(b'hello')\n        super().setup()\n    def handle"
ODD = {  # a setting that the framework would find, and the rewriter must not overlook: (instead of what, what, why)
    "another limit later": ("self.wfile", "self.request.settimeout(9); self.wfile", "may change the limit"),
    "no limit later": ("self.wfile", "self.connection.settimeout(None); self.wfile", "may change the limit"),
    "a limit for all sockets": (
        "class Server",
        "import socket; socket.setdefaulttimeout(9)\nclass Server",
        "may change the limit",
    ),
    "a limit that is computed": ("timeout = 3", "timeout = int(sys.argv[1])", "is no number above 0"),
    "a limit of nothing": ("timeout = 3", "timeout = 0", "is no number above 0"),
    "not for the greeting": ("    def handle", SETUP, "does not begin with that of its base"),
    "for another handler alone": (
        "class Server",
        "class Other(Handler):\n    timeout = 4\nclass Server",
        "not the limit of all",
    ),
    "from outside": ("class Server", "Handler.timeout = 4\nclass Server", "outside of the class's body"),
    "for all handlers": (
        "class Server",
        "socketserver.StreamRequestHandler.timeout = 4\nclass Server",
        "outside of the class's body",
    ),
    "by its name": ("class Server", "setattr(Handler, 'timeout', 4)\nclass Server", "may set what is the framework's"),
    "in pairs": ("timeout = 3", "timeout, more = 3, 4", "what `timeout` is"),
    "on a condition": ("timeout = 3", "if sys.argv: timeout = 3", "what `timeout` is"),
    "a buffer, annotated": ("timeout = 3", "wbufsize: int = -1", "has no counterpart"),
    "a buffer, twice": ("timeout = 3", "rbufsize = wbufsize = -1", "what `rbufsize` is"),
    "a server's, on a condition": ("request_queue_size = 3", "if sys.argv: block_on_close = False", "what `block_on_close` is"),
}
RECORDS = """
class Recorder(Base):
    def collect_incoming_data(self, data):
        self.seen.append(data)

    {found} found_terminator(self):
        self.seen.append(None)
        self.set_terminator(next(self.terminators))
"""


def test_a_sequential_server_serves_many_only_where_that_is_allowed() -> None:
    text = SERVER.format(name="Handler")
    assert "with SequentialServer(" in rewrite(text, "", Target.TRIO).text
    concurrent = rewrite(text, "", Target.TRIO, concurrent=True)
    assert "with TaskServer(" in concurrent.text
    assert "what served one client at a time serves many" in [change.text for change in concurrent.changes]


def test_a_new_class_gets_another_name_where_the_file_has_one_of_its_name() -> None:
    text = rewrite(SERVER.format(name="ClientHandler"), "", Target.ASYNCIO).text
    assert "class AsyncClientHandler:" in text
    assert "class ClientHandler(AsyncClientHandler):" in text


@pytest.mark.parametrize("case", ODD)
def test_a_setting_that_is_made_in_another_way_is_not_overlooked(case: str) -> None:
    old, new, why = ODD[case]
    assert rewrite(LIMITED, "", Target.TRIO).changes
    assert old in LIMITED
    done = rewrite(LIMITED.replace(old, new), "", Target.TRIO)
    assert not done.changes
    assert any(why in refusal.text for refusal in done.refusals), done.refusals


@pytest.mark.parametrize("target", Target)
def test_that_a_time_limit_has_another_text_is_said(target: Target) -> None:
    text = LIMITED.replace("    def handle(self):\n", "    def handle(self):\n      try:\n  ")
    text = text.replace("class Server", "      except TimeoutError as e: print(e)\nclass Server")
    notes = [change.text for change in rewrite(text, "", target).changes]
    assert any('is not "timed out"' in note for note in notes)
    assert any("it has another text" in note for note in notes)
    assert not rewrite(text.replace("print(e)", "print(e.args)"), "", target).changes


@pytest.mark.parametrize(
    ("line", "moved"),
    [
        ("print(sys.exc_info()[1])", True),
        ("super().handle_error(request, client_address)", True),
        ("if not isinstance(sys.exc_info()[1], ConnectionError): print('lost')", False),
        ("print(sys.exc_info()[0] is ConnectionResetError)", False),
        ("error = sys.exc_info()[1]", False),
        ("kind()", False),
    ],
)
def test_what_handle_error_looks_at_is_another_exception_but_on_asyncio(line: str, moved: bool) -> None:
    method = f"    def handle_error(self, request, client_address):\n        {line}\n"
    text = f"import sys\ndef kind(): return sys.exc_info()[0]\n{LIMITED}".replace("    request_queue_size = 3\n", method)
    assert [bool(rewrite(text, "", target).changes) for target in Target] == [
        target is Target.ASYNCIO or moved for target in Target
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("logging.basicConfig(level=logging.DEBUG)", True),
        ("logging.getLogger().setLevel('DEBUG')", True),
        ("root = logging.getLogger(); root.setLevel(logging.DEBUG)", True),
        ("logging.root.setLevel(10)", True),
        ("logging.basicConfig(level=logging.INFO)", False),
        ("logging.getLogger('mine').setLevel(logging.DEBUG)", False),
    ],
)
def test_that_asyncio_logs_a_line_of_its_own_is_said(line: str, said: bool) -> None:
    text = f"import logging\n{line}\n{LIMITED}"
    notes = {target: [change.text for change in rewrite(text, "", target).changes] for target in Target}
    told = {target for target in Target if any("Using selector" in note for note in notes[target])}
    assert told == ({Target.ASYNCIO, Target.ANYIO} if said else set())


@given(
    chunks=st.lists(
        st.binary(min_size=1, max_size=6).map(lambda data: bytes(b"ab\r\n"[byte % 4] for byte in data)), max_size=8
    ),
    terminators=st.lists(st.sampled_from([b"\r\n", b"\n", b"aab", b"\r\n\r\n", 1, 3, 7, None]), min_size=1, max_size=5),
)
@pytest.mark.parametrize("target", Target)
def test_input_is_cut_as_asynchat_cut_it(target: Target, chunks: list[bytes], terminators: list[Terminator]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        asynchat = pytest.importorskip("asynchat")
    old = _made(RECORDS.format(found="def"), Base=asynchat.async_chat)
    old.terminators = _cycle(terminators)
    old.set_terminator(next(old.terminators))
    for chunk in chunks:
        old.recv = lambda _, chunk=chunk: chunk
        old.handle_read()
    new = _made(RECORDS.format(found="async def"), Base=_chat(target))
    new.__dict__.update(terminators=_cycle(terminators), connected=True, input=bytearray())
    new.set_terminator(next(new.terminators))
    for chunk in chunks:
        new.recv = _giving(chunk)
        asyncio.run(new.handle_read())
    assert new.seen == old.seen


def _chat(target: Target) -> type:
    """The class that is written into a file, on a base that does nothing."""
    namespace: dict[str, Any] = {"Channel": object, "Any": Any}
    exec(chat_helper(table_for(target), collect="").code, namespace)
    chat = namespace["ChatChannel"]
    assert isinstance(chat, type)
    del chat.__init__  # type: ignore[misc]
    return chat


def _made(code: str, Base: type) -> Any:  # noqa: N803 - a class
    namespace: dict[str, Any] = {"Base": Base}
    exec(code, namespace)
    made = namespace["Recorder"]()
    made.seen = []
    return made


def _cycle(terminators: list[Terminator]) -> Iterator[Terminator]:
    while True:
        yield from terminators


def _giving(chunk: bytes) -> Callable[[int], Awaitable[bytes]]:
    async def recv(_: int) -> bytes:
        return chunk

    return recv
