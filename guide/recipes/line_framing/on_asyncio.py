"""Answer each line in upper case, until QUIT: a task for each client on asyncio, whose streams have `readline`."""

import asyncio
import contextlib
import sys

LIMIT = 64 * 1024  # bytes in a line, without its LF: else the client decides how much memory a line takes
LINGER = 5.0  # seconds for the client to take our last words and leave


async def main(port: int) -> None:
    server = await asyncio.start_server(attend, "127.0.0.1", port, limit=LIMIT)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await converse(reader, writer)
        await hang_up(reader, writer)
    except OSError as error:
        print(f"lost a client: {error!r}", file=sys.stderr)
    finally:
        writer.close()


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        try:
            line = await reader.readline()
        except ValueError:  # what readline makes of LimitOverrunError
            writer.write(b"ERROR line too long\n")
            return
        if not line:
            return
        text = line.rstrip(b"\r\n").upper()
        end = line[len(text) :] or b"\n"  # the last line may lack its own
        if text == b"QUIT":
            writer.write(b"BYE" + end)
            return
        writer.write(text + end)
        await writer.drain()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say FIN, then read to the end: closing over unread input sends RST, and that may destroy the last reply."""
    writer.write_eof()  # after all that was written
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while await reader.read(65536):
                pass


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
