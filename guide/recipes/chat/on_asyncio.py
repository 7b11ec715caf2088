"""The chat on asyncio: a task for each client, whose transport keeps what the client has not taken yet."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from dataclasses import dataclass

LINE = 1024  # bytes: who sends a longer line has to leave
OUTGOING = 256 * 1024  # bytes that may wait for a client that reads slowly; then it has to leave


@dataclass(eq=False)
class Member:
    name: bytes
    writer: asyncio.StreamWriter


members: list[Member] = []


async def main(port: int) -> None:
    server = await asyncio.start_server(attend, "127.0.0.1", port, limit=LINE)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer):  # which sends what is left in the transport first
        lines = lines_of(reader)
        name = await anext(lines, b"")
        if not name:
            return
        writer.write(b"* here: %s\n" % (b", ".join(member.name for member in members) or b"nobody"))
        member = Member(name, writer)
        members.append(member)
        broadcast(b"* %s has joined\n" % name, but=member)
        try:
            async for line in lines:
                broadcast(b"%s: %s\n" % (name, line), but=member)
                await asyncio.sleep(0)  # who has many lines to say says one, then it is the others' turn
        finally:
            members.remove(member)
            broadcast(b"* %s has left\n" % name)


def broadcast(text: bytes, but: Member | None = None) -> None:
    """Give it to the transports. It awaits nothing, so it holds nobody up, and nobody comes in between."""
    for member in members:
        if member is not but:
            member.writer.write(text)  # without drain: the next line is its bound
            if member.writer.transport.get_write_buffer_size() > OUTGOING:
                member.writer.transport.abort()


async def lines_of(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The lines that a client sends, without their ends, until it leaves or one is longer than LINE."""
    with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        while True:
            yield (await reader.readuntil(b"\n"))[:-1]


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
    except KeyboardInterrupt:
        pass
