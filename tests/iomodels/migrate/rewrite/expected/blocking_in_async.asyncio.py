"""Coroutines in which everything waits as it did before there were coroutines; nothing says which library runs them."""

import asyncio
import contextlib
import queue
import select
import socket
import subprocess
import sys
import threading
import time
from typing import Any

PAUSE = 0.01
SAY = [sys.executable, "-c", "print('said')"]
lock = threading.Lock()
results = queue.Queue()
bounded = queue.Queue(1)


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


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
    await asyncio.sleep(PAUSE)
    return await asyncio.to_thread(shout, "hey", times=2)


async def processes():
    said = await asyncio.to_thread(subprocess.check_output, [sys.executable, "-c", "print('checked')"])
    status = await (await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(3)")).wait()
    await asyncio.to_thread(subprocess.check_call, [sys.executable, "-c", ""], stdout=subprocess.DEVNULL)
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", "print('run')"], capture_output=True)
    text = (await asyncio.to_thread(subprocess.run, SAY, stdout=subprocess.PIPE, text=True, check=True)).stdout
    child = subprocess.Popen(SAY, stdout=subprocess.DEVNULL)
    try:
        await asyncio.to_thread(child.wait, timeout=60)
    except subprocess.TimeoutExpired:
        child.kill()
    return said.strip(), status, done.returncode, done.stdout.strip(), text.strip(), child.returncode


async def failing():
    try:
        await asyncio.to_thread(subprocess.check_call, [sys.executable, "-c", "raise SystemExit(4)"])
    except subprocess.CalledProcessError as error:
        return error.returncode


async def names():
    infos = await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80, family=socket.AF_INET, type=socket.SOCK_STREAM)
    return [info[4] for info in infos], await asyncio.get_running_loop().getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)


async def threads(numbers):
    workers = []
    for number in numbers:
        worker = threading.Thread(target=results.put, args=(number * number,))
        worker.start()
        workers.append(worker)
    for worker in workers:
        await asyncio.to_thread(worker.join, 5)
    await asyncio.to_thread(bounded.put, "first", timeout=5)
    return sorted([await asyncio.to_thread(results.get) for _ in numbers]), await asyncio.to_thread(bounded.get), results.get_nowait() if results.qsize() else None


async def locked():
    await asyncio.to_thread(lock.acquire)
    try:
        await asyncio.sleep(PAUSE)
        return lock.locked()
    finally:
        lock.release()


async def event():
    happened = threading.Event()
    threading.Timer(PAUSE, happened.set).start()
    return await asyncio.to_thread(happened.wait, 5), happened.wait(0)


async def readable():
    here, there = socket.socketpair()
    there.send(b"x")
    ready, _, _ = await asyncio.to_thread(select.select, [here], [], [], 5)
    here.close()
    there.close()
    return bool(ready)


async def elsewhere():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener.getsockname()[1], b"hello")).start()
        reader, writer, _ = await accept_client(listener)
        with contextlib.closing(writer):
            question = await reader.read(100)
            writer.write(question.upper())
            await writer.drain()
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
