"""Serve each client in a task of its own on asyncio; all tasks share the set of those who are here."""

import asyncio
import sys
import traceback

here: set[asyncio.StreamWriter] = set()


async def main(port: int) -> None:
    server = await asyncio.start_server(attend, "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What fails in a conversation ends that one alone, as an exception ends its thread alone."""
    try:
        await converse(reader, writer)
    except OSError as error:
        print(f"lost a client: {error}", file=sys.stderr)
    except Exception:
        traceback.print_exc()
    finally:
        writer.close()


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    here.add(writer)
    try:
        writer.write(f"{len(here)} here\n".encode())
        while data := await reader.read(65536):
            writer.write(data.decode("ascii").upper().encode())
            await writer.drain()
    finally:
        here.discard(writer)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
