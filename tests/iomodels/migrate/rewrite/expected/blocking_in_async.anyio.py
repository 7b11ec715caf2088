"""Coroutines in which everything waits as it did before there were coroutines; nothing says which library runs them."""

import contextlib
import functools
import queue
import select
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

PAUSE = 0.01
SAY = [sys.executable, "-c", "print('said')"]
lock = threading.Lock()
results = queue.Queue()
bounded = queue.Queue(1)


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


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


def shout(text, times):
    said = []
    for _ in range(times):
        time.sleep(PAUSE)
        said.append(text.upper())
    return " ".join(said)


def answer(port, question):
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(question)
        return peer.recv(100)


async def pauses():
    await anyio.sleep(PAUSE)
    return await anyio.to_thread.run_sync(functools.partial(shout, "hey", times=2))


async def processes():
    said = (await anyio.run_process([sys.executable, "-c", "print('checked')"], stderr=None)).stdout
    status = (await anyio.run_process([sys.executable, "-c", "raise SystemExit(3)"], check=False, stdout=None, stderr=None)).returncode
    await anyio.run_process([sys.executable, "-c", ""], stderr=None, stdout=subprocess.DEVNULL)
    done = await anyio.run_process([sys.executable, "-c", "print('run')"], check=False)
    text = (await anyio.to_thread.run_sync(functools.partial(subprocess.run, SAY, stdout=subprocess.PIPE, text=True, check=True))).stdout
    child = subprocess.Popen(SAY, stdout=subprocess.DEVNULL)
    try:
        await anyio.to_thread.run_sync(functools.partial(child.wait, timeout=60))
    except subprocess.TimeoutExpired:
        child.kill()
    return said.strip(), status, done.returncode, done.stdout.strip(), text.strip(), child.returncode


async def failing():
    try:
        await anyio.run_process([sys.executable, "-c", "raise SystemExit(4)"], stdout=None, stderr=None)
    except subprocess.CalledProcessError as error:
        return error.returncode


async def names():
    infos = await anyio.to_thread.run_sync(functools.partial(socket.getaddrinfo, "127.0.0.1", 80, socket.AF_INET, type=socket.SOCK_STREAM))
    return [info[4] for info in infos], await anyio.to_thread.run_sync(socket.getnameinfo, ("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)


async def threads(numbers):
    workers = []
    for number in numbers:
        worker = threading.Thread(target=results.put, args=(number * number,))
        worker.start()
        workers.append(worker)
    for worker in workers:
        await anyio.to_thread.run_sync(worker.join, 5)
    await anyio.to_thread.run_sync(functools.partial(bounded.put, "first", timeout=5))
    return sorted([await anyio.to_thread.run_sync(results.get) for _ in numbers]), await anyio.to_thread.run_sync(bounded.get), results.get_nowait() if results.qsize() else None


async def locked():
    await anyio.to_thread.run_sync(lock.acquire)
    try:
        await anyio.sleep(PAUSE)
        return lock.locked()
    finally:
        lock.release()


async def event():
    happened = threading.Event()
    threading.Timer(PAUSE, happened.set).start()
    return await anyio.to_thread.run_sync(happened.wait, 5), happened.wait(0)


async def readable():
    here, there = socket.socketpair()
    there.send(b"x")
    ready, _, _ = await anyio.to_thread.run_sync(select.select, [here], [], [], 5)
    here.close()
    there.close()
    return bool(ready)


async def elsewhere():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener.getsockname()[1], b"hello")).start()
        connection, _ = await accept_client(listener)
        async with connection:
            question = await receive(connection, 100)
            await connection.send(question.upper())
        return question


async def main():
    return [
        await pauses(),
        await processes(),
        await failing(),
        await names(),
        await threads([1, 2, 3]),
        await locked(),
        await event(),
        await readable(),
        await elsewhere(),
    ]
