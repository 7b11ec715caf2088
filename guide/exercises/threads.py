"""A thread for each client, and never more than so many: `python -m guide.exercises.threads 8080 100`.

The place is taken before the client is. Whoever finds no place stays in the kernel's queue, connected and not accepted, and is
served when a thread ends. Accepting first would give the surplus a second queue, in this program, that nothing bounds.
"""

import contextlib
import socket
import sys
import threading
import time

RETRY = 1.0  # seconds to wait for threads or descriptors to come free, where the system has no more


def serve(listener: socket.socket, most: int) -> None:
    places = threading.BoundedSemaphore(most)
    while True:
        places.acquire()
        try:
            connection, _ = listener.accept()
        except OSError:  # EMFILE, or a client that has gone (accept(2)): the place is kept for the next
            places.release()
            time.sleep(RETRY)
            continue
        try:
            threading.Thread(target=converse, args=(connection, places), daemon=True).start()
        except RuntimeError:  # no more threads, although fewer than `most` are there: this client alone pays for it
            connection.close()
            places.release()


def converse(connection: socket.socket, places: threading.BoundedSemaphore) -> None:
    try:
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65536):
                connection.sendall(data.upper())
    finally:
        places.release()  # whatever happened: a place that is not given back is lost for good


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024) as door, contextlib.suppress(KeyboardInterrupt):
        print("listening on {}:{}".format(*door.getsockname()), flush=True)
        serve(door, int(sys.argv[2]))
