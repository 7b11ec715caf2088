"""Answer each line a thousandfold, and stop well, on asyncio: those that wait for a line time out, the others finish."""

import asyncio
import signal
import sys
from contextlib import closing, suppress

COPIES = 1000  # so that a reply takes its time
LINE = 64 * 1024  # bytes: who sends a longer line has to leave

stopping = asyncio.Event()
idle: set[asyncio.Timeout] = set()  # the waits for a line


async def main(port: int, grace: float) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    with suppress(TimeoutError):  # the grace is over
        async with asyncio.timeout(None) as patience, asyncio.TaskGroup() as clients:
            server = await asyncio.start_server(
                lambda reader, writer: clients.create_task(attend(reader, writer)), "127.0.0.1", port, limit=LINE
            )
            print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
            await stopping.wait()
            server.close()  # new clients are refused; its wait_closed is not what one would think
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)  # a second one ends us at once
            for waiting in idle:
                waiting.reschedule(loop.time())
            patience.reschedule(loop.time() + grace)


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer), suppress(OSError):
        while not stopping.is_set() and (line := await next_line(reader)):
            writer.write(line.upper() * COPIES)
            await writer.drain()
            if stopping.is_set():
                await hang_up(reader, writer)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say FIN and read what is left: closing over unread input is RST, which costs the client the end of its reply."""
    writer.write_eof()
    while await reader.read(LINE):
        pass
    writer.close()
    await writer.wait_closed()  # or the loop ends with the last bytes still in the transport


async def next_line(reader: asyncio.StreamReader) -> bytes:
    """The next line; b"" when there is none, it is too long, or the wait for it is ended by the stop."""
    with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
        async with asyncio.timeout(None) as waiting:
            idle.add(waiting)
            try:
                return await reader.readuntil(b"\n")
            finally:
                idle.remove(waiting)
    return b""


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080, float(sys.argv[2]) if len(sys.argv) > 2 else 5.0))
