"""Of the bridge for socketserver."""

import asyncio
import socketserver
from typing import Any

import anyio
import anyio.to_thread

from iomodels import bridge
from tests.guide.misuse.doing import ANYWHERE, misuse, the_one

__all__: list[str] = []


class Handler(socketserver.BaseRequestHandler):
    """Serves whoever comes."""


class Asynchronous(Handler):
    async def handle(self) -> None:  # type: ignore[override]
        pass


def served(*arguments: Any, **options: Any) -> None:
    async def main() -> None:
        await bridge.serve(*arguments, **options)

    asyncio.run(main())


@misuse
def forking() -> None:
    served(Handler, ANYWHERE, server=socketserver.ForkingTCPServer)


@misuse
def server_for_a_handler() -> None:
    served(socketserver.ThreadingTCPServer, ANYWHERE)


@misuse
def async_handle() -> None:
    served(Asynchronous, ANYWHERE)


@misuse
def two_addresses() -> None:
    with socketserver.TCPServer(ANYWHERE, Handler) as server:
        served(address=("127.0.0.1", 1), server=server)


@misuse
def served_twice() -> None:
    async def main() -> None:
        server = socketserver.TCPServer(ANYWHERE, Handler)
        with anyio.move_on_after(0.01):
            await bridge.serve(server=server)
        await bridge.serve(server=server)

    asyncio.run(main())


@misuse
def serve_forever_as_well() -> None:
    async def main() -> None:
        server = socketserver.TCPServer(ANYWHERE, Handler)
        async with anyio.create_task_group() as group:
            await group.start(lambda task_status: bridge.serve(server=server, task_status=task_status))
            try:
                await anyio.to_thread.run_sync(server.serve_forever)
            finally:
                group.cancel_scope.cancel()

    try:
        asyncio.run(main())
    except* bridge.Misuse as group:
        raise the_one(group) from None
