"""A child for each client, and no zombies, with a SIGCHLD handler: `python -m guide.exercises.fork 8080`.

Signals do not queue: of twenty children that end while the parent is busy or stopped, one SIGCHLD tells (signal(7)). So the
handler waits for every child that has ended, not for one. accept is called again after it by Python itself (PEP 475).
"""

import contextlib
import os
import signal
import socket
import sys
import time
from types import FrameType
from typing import NoReturn

RETRY = 1.0  # seconds to wait for processes or descriptors to come free, where the system has no more


def reap(_number: int, _frame: FrameType | None) -> None:
    with contextlib.suppress(ChildProcessError):  # there is none left at all
        while os.waitpid(-1, os.WNOHANG)[0]:  # 0: there are some, and all of them live
            pass


def serve(listener: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, reap)
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # EMFILE, or a client that has gone (accept(2))
            time.sleep(RETRY)
            continue
        with connection:  # the parent's copy: as long as it is open the client sees no FIN
            try:
                child = os.fork()
            except OSError:  # no more processes: this client alone pays for it
                continue
            if child == 0:
                listener.close()  # or a child that lingers would keep the port
                live(connection)


def live(connection: socket.socket) -> NoReturn:
    """Be a child: serve and end, whatever happens. os._exit, as the parent's `with` and `finally` are not ours to run."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        while data := connection.recv(65536):
            connection.sendall(data.upper())
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024) as door, contextlib.suppress(KeyboardInterrupt):
        print("listening on {}:{}".format(*door.getsockname()), flush=True)
        serve(door)
