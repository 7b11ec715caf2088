"""How many cores two threads want that do the same work at once, or two processes: by kinds of work.

Arguments: for how many seconds each is watched, then the kinds. Wanted is the time in which a thread runs, and in which it is
ready to and waits for a core, so that a busy machine tells nearly the same. Prints {work: cores, ..., "processes": cores}, the
last for Python code.
"""

import hashlib
import json
import multiprocessing
import os
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable

from iomodels.experiments.programs.wanted import wanted

# Who waits for the interpreter looks after so many seconds whether it may have it, and on a busy machine waits for a core in
# order to look: ten times less often than is usual, lest that counts.
INTERVAL = 0.05
BLOCK = os.urandom(1024 * 1024)
MESSAGE = bytes(64)


def loop() -> None:
    for number in range(10_000):
        _ = number * number


def sort() -> None:
    sorted(BLOCK[:50_000])


def upper() -> None:
    BLOCK.upper()


def sha256() -> None:
    hashlib.sha256(BLOCK).digest()


def compress() -> None:
    zlib.compress(BLOCK[:100_000])


def small_messages() -> None:
    near, far = _pair()
    for _ in range(100):
        near.send(MESSAGE)
        far.recv(64)


def large_messages() -> None:
    near, far = _pair()
    room = memoryview(bytearray(64 * 1024))
    for _ in range(10):
        near.sendall(room)
        far.recv_into(room, len(room), socket.MSG_WAITALL)


own = threading.local()


def _pair() -> tuple[socket.socket, socket.socket]:
    """The calling thread's two ends of a connection."""
    if not hasattr(own, "pair"):
        own.pair = socket.socketpair()
    pair: tuple[socket.socket, socket.socket] = own.pair
    return pair


def threads(work: Callable[[], None], seconds: float) -> float:
    """What two threads want that do it again and again."""
    end = threading.Event()
    shares: list[float] = []
    both = threading.Barrier(2)

    def go_on() -> None:
        both.wait()
        began, so_far = time.monotonic_ns(), wanted()
        while not end.is_set():
            work()
        shares.append((wanted() - so_far) / (time.monotonic_ns() - began))

    hands = [threading.Thread(target=go_on) for _ in range(2)]
    for hand in hands:
        hand.start()
    end.wait(seconds)
    end.set()
    for hand in hands:
        hand.join()
    return sum(shares)


def alone(seconds: float) -> float:
    """What one thread wants that runs Python code, in a process of its own."""
    began, so_far = time.monotonic_ns(), wanted()
    while time.monotonic_ns() < began + seconds * 1e9:
        loop()
    return (wanted() - so_far) / (time.monotonic_ns() - began)


def main() -> None:
    sys.setswitchinterval(INTERVAL)
    wanted()  # here, and not in a thread, it ends the program where it cannot be told
    seconds = float(sys.argv[1])
    told = {name: threads(globals()[name], seconds) for name in sys.argv[2:]}
    # A pool for each, or one process might take both.
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as one, context.Pool(1) as other:
        promises = [pool.apply_async(alone, (seconds,)) for pool in (one, other)]
        told["processes"] = sum(promise.get() for promise in promises)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
