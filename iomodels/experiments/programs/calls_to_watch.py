"""Makes one call, named by its argument, that goes on until the program is killed, so that the first thread can be watched.

It prints `calling` before. What is called is a function of this file.
"""

import asyncio
import hashlib
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

AT_LAST = 60  # seconds after which it ends itself, should nobody be left to end it
BLOCK = bytes(64 * 1024 * 1024)


def sha256() -> None:
    while True:  # so long computes none that is worth its memory
        hashlib.sha256(BLOCK)


def recv() -> None:
    near, _far = socket.socketpair()
    near.recv(1)


def read() -> None:
    reading, _writing = os.pipe()
    os.read(reading, 1)


def sleep() -> None:
    time.sleep(1e6)


def recv_again_and_again() -> None:
    near, _far = socket.socketpair()
    while True:
        try:
            near.recv(1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue


def result() -> None:
    _submitted().result()


def done_again_and_again() -> None:
    future = _submitted()
    while not future.done():
        pass


def callback() -> None:
    _submitted().add_done_callback(print)
    sha256()


def await_alone() -> None:
    asyncio.run(asyncio.sleep(1e6))


def await_beside_another() -> None:
    async def both() -> None:
        asyncio.get_running_loop().call_soon(sha256)
        await asyncio.sleep(1e6)

    asyncio.run(both())


def _submitted() -> "Future[Any]":
    """A call that another thread makes, and that does not end."""
    return ThreadPoolExecutor(1).submit(threading.Event().wait)


if __name__ == "__main__":
    signal.alarm(AT_LAST)
    print("calling", flush=True)
    globals()[sys.argv[1]]()
