"""A server in a loop's thread: what kind of handler it is, and serving it as its library does."""

import inspect
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any

import anyio
import anyio.abc

from iomodels.bridge.misuse import MixedLibraries, Stopped
from iomodels.bridge.threads.post import logger
from iomodels.bridge.threads.serve_asyncio import Connect, by_protocol, by_streams, serve_asyncio
from iomodels.bridge.threads.task import Task

__all__ = ["Server", "serve_and_close", "server_for"]

Serve = Callable[[list[socket.socket]], Awaitable[None]]


class Server:
    """What `serve` returns: a context manager, which stops it.

    addresses: what `getsockname` says of each listening socket; address: the first of them, a path for a UNIX socket.
    """

    def __init__(self, task: Task[None], addresses: list[Any], close: Callable[[], None], grace: float) -> None:
        self._task, self._grace = task, grace
        self.addresses = addresses
        self.address = addresses[0]
        task.add_done_callback(_ended)
        task.add_done_callback(lambda _: close())  # it may have been cancelled before it began

    def stop(self, *, wait: bool = True) -> None:
        """Listen no longer, cancel the handlers, close the connections; return when that is done. Again: nothing.

        wait: False inside the loop's thread, where waiting would raise WouldBlock. Raises TimeoutError after the loop's
        grace, and what ended the server, if something else did.
        """
        self._task.cancel()
        if not wait:
            return
        if not self._task.wait(self._grace):
            raise TimeoutError(
                f"{self._task!r} did not stop within {self._grace:g} s: a handler ignores being cancelled, or blocks"
            )
        if not self._task.cancelled() and not isinstance(self._task.exception(), Stopped):
            self._task.result()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _ended(task: Future[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, Stopped):
        logger.error("%r ended by itself", task, exc_info=error)


def server_for(library: str, backend: str, handler: Any) -> Serve:
    """The function that serves `handler`. Raises MixedLibraries if it is another library's kind, TypeError if it is none.

    asyncio: a Protocol's factory, or a function of (reader, writer); trio and anyio: an async function of a stream.
    """
    if not callable(handler):
        raise TypeError(f"a Protocol factory or an async handler, not {handler!r}")
    wants = _arguments(handler)
    factory = isinstance(handler, type) or (not _is_async(handler) and wants == 0)
    if backend == "asyncio" and factory:
        return _asyncio(by_protocol(handler))
    if factory:
        raise MixedLibraries(f"a Protocol factory is asyncio's, and this loop is {library}'s: use in_thread(\"asyncio\")")
    if library == "asyncio":
        if wants == 1:
            raise MixedLibraries(
                f"{_name(handler)} takes a stream, as trio and anyio have it, and asyncio gives (reader, writer): "
                'use in_thread("trio") or in_thread("anyio"), or take two arguments'
            )
        return _asyncio(by_streams(handler))
    if wants == 2:
        raise MixedLibraries(
            f"{_name(handler)} takes (reader, writer), as asyncio has it, and {library} gives one stream: "
            'use in_thread("asyncio"), or take one argument'
        )
    if library == "trio":
        return lambda sockets: _serve_trio(handler, sockets)
    return lambda sockets: _serve_anyio(handler, sockets)


async def serve_and_close(serve: Serve, sockets: list[socket.socket], close: Callable[[], None]) -> None:
    """Serve until cancelled; what waits for the end finds the sockets closed."""
    try:
        await serve(sockets)
    finally:
        close()


def _asyncio(connect: Connect) -> Serve:
    return lambda sockets: serve_asyncio(connect, sockets)


def _name(handler: Any) -> str:
    return getattr(handler, "__qualname__", None) or repr(handler)


def _is_async(handler: Any) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004


def _arguments(handler: Any) -> int | None:
    """How many positional arguments it must be given; None: it does not say, or takes any number."""
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return None
    return sum(
        each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) and each.default is each.empty for each in parameters
    )


async def _handle(handler: Callable[[Any], Awaitable[None]], stream: Any) -> None:
    """A handler's error ends its connection, is logged, and leaves the others alone."""
    try:
        await handler(stream)
    except anyio.get_cancelled_exc_class():
        raise
    except BaseException:
        logger.exception("%s failed", _name(handler))


async def _serve_trio(handler: Any, sockets: list[socket.socket]) -> None:
    import trio

    listeners = [trio.SocketListener(trio.socket.from_stdlib_socket(sock)) for sock in sockets]
    await trio.serve_listeners(lambda stream: _handle(handler, stream), listeners)


async def _serve_anyio(handler: Any, sockets: list[socket.socket]) -> None:
    async def one(stream: anyio.abc.ByteStream) -> None:
        async with stream:
            await _handle(handler, stream)

    async def listen(listener: anyio.abc.SocketListener) -> None:
        async with listener:
            await listener.serve(one)

    async with anyio.create_task_group() as group:
        for sock in sockets:
            group.start_soon(listen, await anyio.abc.SocketListener.from_socket(sock))
