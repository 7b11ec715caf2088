"""Coroutines in which everything waits as it did before there were coroutines; nothing says which library runs them."""

import queue
import select
import socket
import subprocess
import sys
import threading
import time

PAUSE = 0.01
SAY = [sys.executable, "-c", "print('said')"]
lock = threading.Lock()
results = queue.Queue()
bounded = queue.Queue(1)


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
    time.sleep(PAUSE)
    return shout("hey", times=2)


async def processes():
    said = subprocess.check_output([sys.executable, "-c", "print('checked')"])
    status = subprocess.call([sys.executable, "-c", "raise SystemExit(3)"])
    subprocess.check_call([sys.executable, "-c", ""], stdout=subprocess.DEVNULL)
    done = subprocess.run([sys.executable, "-c", "print('run')"], capture_output=True)
    text = subprocess.run(SAY, stdout=subprocess.PIPE, text=True, check=True).stdout
    child = subprocess.Popen(SAY, stdout=subprocess.DEVNULL)
    try:
        child.wait(timeout=60)
    except subprocess.TimeoutExpired:
        child.kill()
    return said.strip(), status, done.returncode, done.stdout.strip(), text.strip(), child.returncode


async def failing():
    try:
        subprocess.check_call([sys.executable, "-c", "raise SystemExit(4)"])
    except subprocess.CalledProcessError as error:
        return error.returncode


async def names():
    infos = socket.getaddrinfo("127.0.0.1", 80, socket.AF_INET, type=socket.SOCK_STREAM)
    return [info[4] for info in infos], socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)


async def threads(numbers):
    workers = []
    for number in numbers:
        worker = threading.Thread(target=results.put, args=(number * number,))
        worker.start()
        workers.append(worker)
    for worker in workers:
        worker.join(5)
    bounded.put("first", timeout=5)
    return sorted([results.get() for _ in numbers]), bounded.get(), results.get_nowait() if results.qsize() else None


async def locked():
    lock.acquire()
    try:
        time.sleep(PAUSE)
        return lock.locked()
    finally:
        lock.release()


async def event():
    happened = threading.Event()
    threading.Timer(PAUSE, happened.set).start()
    return happened.wait(5), happened.wait(0)


async def readable():
    here, there = socket.socketpair()
    there.send(b"x")
    ready, _, _ = select.select([here], [], [], 5)
    here.close()
    there.close()
    return bool(ready)


async def elsewhere():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener.getsockname()[1], b"hello")).start()
        connection, _ = listener.accept()
        with connection:
            question = connection.recv(100)
            connection.sendall(question.upper())
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
