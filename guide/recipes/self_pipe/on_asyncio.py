"""Count what clients send, on asyncio; a signal is an item of a queue: SIGHUP for statistics, SIGTERM to end."""

import asyncio
import signal
import sys

here: set[asyncio.Task[None]] = set()
total = 0


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signals.put_nowait, number)
    async with asyncio.TaskGroup() as group:

        def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = group.create_task(attend(reader, writer))
            here.add(task)
            task.add_done_callback(here.discard)

        server = await asyncio.start_server(welcome, "127.0.0.1", port)
        print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        while await signals.get() == signal.SIGHUP:
            print(f"{len(here)} here, {total} bytes in all", file=sys.stderr)
        server.close()
        for task in here:
            task.cancel()


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await count(reader, writer)
    except OSError as error:
        print(f"lost a client: {error}", file=sys.stderr)
    finally:
        writer.close()


async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    global total
    own = 0
    while data := await reader.read(65536):
        own += len(data)
        total += len(data)
    writer.write(f"{own} bytes\n".encode())
    await writer.drain()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
