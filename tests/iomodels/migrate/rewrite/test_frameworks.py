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
