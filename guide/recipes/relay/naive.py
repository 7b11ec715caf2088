"""Wrong on purpose: when one way has ended, the other is cut off, with the reply that was still to come."""

import asyncio
import sys
from functools import partial


async def main(port: int, behind: int) -> None:
    server = await asyncio.start_server(partial(attend, behind), "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


async def attend(behind: int, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
    from_server, to_server = await asyncio.open_connection("127.0.0.1", behind)
    ways = [
        asyncio.create_task(copy(from_client, to_server)),
        asyncio.create_task(copy(from_server, to_client)),
    ]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    to_client.close()
    to_server.close()


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()


if __name__ == "__main__":
    port, behind = (int(argument) for argument in sys.argv[1:] or (8080, 8081))
    asyncio.run(main(port, behind))
