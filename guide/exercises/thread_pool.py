"""A pool of threads that tells how long its queue is: `python -m guide.exercises.thread_pool 8080 2`, then `kill -USR1` it.

The queue is the kernel's, so the kernel is asked: of a listening socket TCP_INFO tells in tcpi_unacked how many clients wait to
be accepted, and in tcpi_sacked how many may (tcp_get_info() in Linux, net/ipv4/tcp.c; `ss -lt` shows the same two).
"""

import contextlib
import signal
import socket
import struct
import sys
import threading
import time

RETRY = 1.0  # seconds to wait for descriptors to come free
QUEUE = struct.Struct("=24xII")  # of struct tcp_info (linux/tcp.h): tcpi_unacked, tcpi_sacked
TOLD = {signal.SIGUSR1, signal.SIGINT, signal.SIGTERM}


class Pool:
    """Threads that take clients from a listener, each one at a time.

    serving: how many of them have a client.
    """

    def __init__(self, listener: socket.socket, size: int) -> None:
        self.listener = listener
        self.size = size
        self.serving = 0
        self._lock = threading.Lock()
        for _ in range(size):
            threading.Thread(target=self._work, daemon=True).start()

    def queue(self) -> tuple[int, int]:
        """How many clients wait in the kernel, and how many may."""
        waiting, room = QUEUE.unpack(self.listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, QUEUE.size))
        return waiting, room

    def _work(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # EMFILE, or a client that has gone (accept(2)): no reason for a thread to end
                time.sleep(RETRY)
                continue
            self._count(1)
            with connection, contextlib.suppress(OSError):
                while data := connection.recv(65536):
                    connection.sendall(data.upper())
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:  # `+=` is a read and a write, and another thread may come between
            self.serving += change


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)  # before there are threads: they inherit it, and this one alone is told
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128) as door:
        pool = Pool(door, int(sys.argv[2]))
        print("listening on {}:{}".format(*door.getsockname()), flush=True)
        while signal.sigwait(TOLD) == signal.SIGUSR1:
            waiting, room = pool.queue()
            print(f"{pool.serving} of {pool.size} threads serve, {waiting} clients wait, {room} may", flush=True)
