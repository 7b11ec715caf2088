"""A selector and a pair of sockets; handlers are lambdas, a flag of the function ends the loop, `finally` closes."""

import contextlib
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

arrived = []


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def attend(stream: anyio.abc.ByteStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the group, and every client with it


async def stream_of(client: Any) -> anyio.abc.ByteStream:
    """The stream of a client's socket. Raises ValueError when the client has gone, and has no address any more."""
    stream = await anyio.abc.SocketStream.from_socket(client)
    buffered = BufferedByteStream(stream)
    # On asyncio a stream reads ahead, without a bound, until somebody has received for the first time.
    with anyio.move_on_after(0), contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        buffered.feed_data(await stream.receive())
    return buffered


async def accept_client(listener: Any, seconds: float | None = None) -> tuple[anyio.abc.ByteStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes for so long."""
    listener.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await stream_of(client), address
        except ValueError:
            client.close()


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


@contextlib.asynccontextmanager
async def until_signal(arrived: list[int], *numbers: int) -> AsyncIterator[None]:
    """What is done within is cancelled when one of the signals arrives, or has arrived before; the program goes on then."""

    async def wait(signals: AsyncIterator[signal.Signals]) -> None:
        async for _ in signals:
            within.cancel_scope.cancel()

    handlers = {number: signal.getsignal(number) for number in numbers}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        with anyio.open_signal_receiver(*map(signal.Signals, numbers)) as signals:
            try:
                async with anyio.create_task_group() as within:
                    within.start_soon(wait, signals)
                    if arrived:
                        within.cancel_scope.cancel()
                    yield
                    within.cancel_scope.cancel()
            finally:
                signal.pthread_sigmask(signal.SIG_BLOCK, numbers)  # without a handler, a second signal would kill
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


async def converse(client):
    while True:
        data = await receive(client, 4096)
        if data:
            await client.send(data.upper())
        else:
            await client.aclose()
            return


def main(port):
    listener = socket.create_server(("127.0.0.1", port))
    signal.signal(signal.SIGTERM, lambda number, frame: arrived.append(number))
    signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        async def serve_clients() -> None:
            async with until_signal(arrived, signal.SIGTERM, signal.SIGINT), daemon_tasks() as tasks:
                while True:
                    client, address = await accept_client(listener)
                    tasks.start_soon(attend, client, converse, client)

        anyio.run(serve_clients)
        print("stopping")
    finally:
        listener.close()
    print("stopped")


if __name__ == "__main__":
    main(int(sys.argv[1]))
