"""Workers that end after so many clients and are replaced: `python -m guide.exercises.prefork 8080 4 1000`.

What a client leaves behind in a worker (memory, a cache that grows, a library's state) goes with it. gunicorn calls it
max_requests. The parent has one place to wait in, and it is for signals: a child has ended, or it is time to stop.
"""

import contextlib
import os
import signal
import socket
import sys
from typing import NoReturn

TOLD = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM}


def serve(listener: socket.socket, count: int, most: int) -> None:
    signal.signal(signal.SIGCHLD, lambda *_: None)  # a signal that is ignored need not stay pending (POSIX, sigaction)
    signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)  # from here on they wait for sigwait: none comes between fork and `add`
    workers = {start(listener, most) for _ in range(count)}
    while signal.sigwait(TOLD) == signal.SIGCHLD:
        for worker in ended():
            workers.remove(worker)
            workers.add(start(listener, most))
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
    for worker in workers:
        os.waitpid(worker, 0)


def ended() -> list[int]:
    """Every child that has ended, collected: one SIGCHLD may stand for several (signal(7))."""
    found = []
    with contextlib.suppress(ChildProcessError):
        while worker := os.waitpid(-1, os.WNOHANG)[0]:
            found.append(worker)
    return found


def start(listener: socket.socket, most: int) -> int:
    """Fork a worker; its process id."""
    worker = os.fork()
    if worker == 0:
        work(listener, most)
    return worker


def work(listener: socket.socket, most: int) -> NoReturn:
    """Be a worker: serve so many clients, one after the other, and end."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
        for _ in range(most):
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                while data := connection.recv(65536):
                    connection.sendall(data.upper())
    finally:
        os._exit(0)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024) as door:
        print("listening on {}:{}".format(*door.getsockname()), flush=True)
        serve(door, int(sys.argv[2]), int(sys.argv[3]))
