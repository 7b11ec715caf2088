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

import trio

PAUSE = 0.01
SAY = [sys.executable, "-c", "print('said')"]
lock = threading.Lock()
results = queue.Queue()
bounded = queue.Queue(1)


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


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
    await trio.sleep(PAUSE)
    return await trio.to_thread.run_sync(functools.partial(shout, "hey", times=2))


async def processes():
    said = (await trio.run_process([sys.executable, "-c", "print('checked')"], stdin=None, capture_stdout=True)).stdout
    status = (await trio.run_process([sys.executable, "-c", "raise SystemExit(3)"], check=False, stdin=None)).returncode
    await trio.run_process([sys.executable, "-c", ""], stdin=None, stdout=subprocess.DEVNULL)
    done = await trio.run_process([sys.executable, "-c", "print('run')"], check=False, stdin=None, capture_stdout=True, capture_stderr=True)
    text = (await trio.to_thread.run_sync(functools.partial(subprocess.run, SAY, stdout=subprocess.PIPE, text=True, check=True))).stdout
    child = subprocess.Popen(SAY, stdout=subprocess.DEVNULL)
    try:
        await trio.to_thread.run_sync(functools.partial(child.wait, timeout=60))
    except subprocess.TimeoutExpired:
        child.kill()
    return said.strip(), status, done.returncode, done.stdout.strip(), text.strip(), child.returncode


async def failing():
    try:
        await trio.run_process([sys.executable, "-c", "raise SystemExit(4)"], stdin=None)
    except subprocess.CalledProcessError as error:
        return error.returncode


async def names():
    infos = await trio.socket.getaddrinfo("127.0.0.1", 80, socket.AF_INET, type=socket.SOCK_STREAM)
    return [info[4] for info in infos], await trio.socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)


async def threads(numbers):
    workers = []
    for number in numbers:
        worker = threading.Thread(target=results.put, args=(number * number,))
        worker.start()
        workers.append(worker)
    for worker in workers:
        await trio.to_thread.run_sync(worker.join, 5)
    await trio.to_thread.run_sync(functools.partial(bounded.put, "first", timeout=5))
    return sorted([await trio.to_thread.run_sync(results.get) for _ in numbers]), await trio.to_thread.run_sync(bounded.get), results.get_nowait() if results.qsize() else None


async def locked():
    await trio.to_thread.run_sync(lock.acquire)
    try:
        await trio.sleep(PAUSE)
        return lock.locked()
    finally:
        lock.release()


async def event():
    happened = threading.Event()
    threading.Timer(PAUSE, happened.set).start()
    return await trio.to_thread.run_sync(happened.wait, 5), happened.wait(0)


async def readable():
    here, there = socket.socketpair()
    there.send(b"x")
    ready, _, _ = await trio.to_thread.run_sync(select.select, [here], [], [], 5)
    here.close()
    there.close()
    return bool(ready)


async def elsewhere():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener.getsockname()[1], b"hello")).start()
        connection, _ = await accept_client(listener)
        async with connection:
            question = await connection.receive_some(100)
            await connection.send_all(question.upper())
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
