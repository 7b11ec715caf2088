"""The chat on anyio: for each client a task that hears it, and one that sends it what waits in its outbox."""

import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

LINE = 1024  # bytes: who sends a longer line has to leave
OUTBOX = 1000  # lines that may wait for a client that reads slowly; then it has to leave


@dataclass(eq=False)
class Member:
    name: bytes
    outbox: MemoryObjectSendStream[bytes]
    scope: anyio.CancelScope  # its two tasks


members: list[Member] = []


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(stream: SocketStream) -> None:
    async with stream:
        lines = lines_of(stream)
        name = await anext(lines, b"")
        if not name:
            return
        outbox, waiting = anyio.create_memory_object_stream[bytes](OUTBOX)
        async with waiting, anyio.create_task_group() as tasks:
            tasks.start_soon(send, stream, waiting)
            outbox.send_nowait(b"* here: %s\n" % (b", ".join(member.name for member in members) or b"nobody"))
            member = Member(name, outbox, tasks.cancel_scope)
            members.append(member)
            broadcast(b"* %s has joined\n" % name, but=member)
            try:
                async for line in lines:
                    broadcast(b"%s: %s\n" % (name, line), but=member)
                    await anyio.lowlevel.checkpoint()  # who has many lines to say says one, then it is the others' turn
            finally:
                members.remove(member)
                outbox.close()
                broadcast(b"* %s has left\n" % name)


def broadcast(text: bytes, but: Member | None = None) -> None:
    """Put it into the outboxes. It awaits nothing, so it holds nobody up, and nobody comes in between."""
    for member in members:
        if member is not but:
            try:
                member.outbox.send_nowait(text)
            except anyio.WouldBlock:
                member.scope.cancel()


async def send(stream: SocketStream, waiting: MemoryObjectReceiveStream[bytes]) -> None:
    with suppress(anyio.BrokenResourceError):  # it has gone, as `lines_of` finds out
        async for text in waiting:
            with suppress(anyio.WouldBlock, anyio.EndOfStream):
                while True:  # all that waits in one go: line by line a quick reader would fall behind a quick speaker
                    text += waiting.receive_nowait()
            await stream.send(text)


async def lines_of(stream: SocketStream) -> AsyncIterator[bytes]:
    """The lines that a client sends, without their ends, until it leaves or one is longer than LINE."""
    incoming = BufferedByteReceiveStream(stream)
    with suppress(anyio.IncompleteRead, anyio.DelimiterNotFound, anyio.BrokenResourceError):
        while len(line := await incoming.receive_until(b"\n", LINE + 1)) <= LINE:
            yield line


if __name__ == "__main__":
    try:
        anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
    except* KeyboardInterrupt:
        pass
