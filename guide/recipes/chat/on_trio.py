"""The chat on trio: for each client a task that hears it, and one that sends it what waits in its outbox."""

import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import trio

LINE = 1024  # bytes: who sends a longer line has to leave
OUTBOX = 1000  # lines that may wait for a client that reads slowly; then it has to leave
CHUNK = 4096


@dataclass(eq=False)
class Member:
    name: bytes
    outbox: trio.MemorySendChannel[bytes]
    scope: trio.CancelScope  # its two tasks


members: list[Member] = []


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    async with stream:
        lines = lines_of(stream)
        name = await anext(lines, b"")
        if not name:
            return
        outbox, waiting = trio.open_memory_channel[bytes](OUTBOX)
        async with waiting, trio.open_nursery() as tasks:
            tasks.start_soon(send, stream, waiting)
            outbox.send_nowait(b"* here: %s\n" % (b", ".join(member.name for member in members) or b"nobody"))
            member = Member(name, outbox, tasks.cancel_scope)
            members.append(member)
            broadcast(b"* %s has joined\n" % name, but=member)
            try:
                async for line in lines:
                    broadcast(b"%s: %s\n" % (name, line), but=member)
                    await trio.lowlevel.checkpoint()  # who has many lines to say says one, then it is the others' turn
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
            except trio.WouldBlock:
                member.scope.cancel()


async def send(stream: trio.SocketStream, waiting: trio.MemoryReceiveChannel[bytes]) -> None:
    with suppress(trio.BrokenResourceError):  # it has gone, as `lines_of` finds out
        async for text in waiting:
            with suppress(trio.WouldBlock, trio.EndOfChannel):
                while True:  # all that waits in one go: line by line a quick reader would fall behind a quick speaker
                    text += waiting.receive_nowait()
            await stream.send_all(text)


async def lines_of(stream: trio.SocketStream) -> AsyncIterator[bytes]:
    """The lines that a client sends, without their ends, until it leaves or one is longer than LINE."""
    incoming = b""
    with suppress(trio.BrokenResourceError):
        while len(incoming) <= LINE and (data := await stream.receive_some(CHUNK)):
            *lines, incoming = (incoming + data).split(b"\n")
            for line in lines:
                if len(line) > LINE:
                    return
                yield line


if __name__ == "__main__":
    try:
        trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
    except* KeyboardInterrupt:
        pass
