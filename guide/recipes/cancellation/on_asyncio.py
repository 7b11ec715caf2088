"""Answer lines on asyncio, a task for each client; who comes under a name that is in use ends the older conversation."""

import asyncio
import sys

LINE_LIMIT = 16 * 1024 * 1024  # bytes

sessions: dict[bytes, asyncio.Task[None]] = {}


async def main(port: int) -> None:
    server = await asyncio.start_server(attend, "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await converse(reader, writer)
    except* OSError as group:
        print(f"lost a client: {group.exceptions[0]}", file=sys.stderr)
    finally:
        writer.close()


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    inbox = bytearray()
    name = await read_line(reader, inbox)
    if not name:
        return
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(answer(reader, writer, name, inbox))
            if name in sessions:
                sessions[name].cancel()
            sessions[name] = task
    finally:
        if sessions[name] is task:
            del sessions[name]
    if task.cancelled():
        writer.write(b"replaced; unanswered: " + inbox + b"\n")
        await writer.drain()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: bytes, inbox: bytearray) -> None:
    writer.write(b"hello " + name)
    await writer.drain()
    while line := await read_line(reader, inbox):
        writer.write(line.upper())
        await writer.drain()


async def read_line(reader: asyncio.StreamReader, inbox: bytearray) -> bytes:
    """The next line; b"" when none is to come. What is there of an unfinished one stays in `inbox`."""
    while b"\n" not in inbox:
        data = await reader.read(65536)
        if not data:
            return b""
        inbox += data
        if len(inbox) > LINE_LIMIT:
            raise ConnectionError("a line is too long")
    end = inbox.index(b"\n") + 1
    line = bytes(inbox[:end])
    del inbox[:end]
    return line


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
