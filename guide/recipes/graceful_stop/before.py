"""Answer each line a thousandfold, and stop well: a thread for each client, and the end of input for those that wait."""

import select
import signal
import socket
import sys
import threading
import time
from contextlib import suppress

COPIES = 1000  # so that a reply takes its time
LINE = 64 * 1024  # bytes: who sends a longer line has to leave

stopping = threading.Event()
clients: dict[socket.socket, threading.Thread] = {}


def main(port: int, grace: float) -> None:
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while woken not in select.select([listener, woken], [], [])[0]:
            connection, _ = listener.accept()
            clients[connection] = threading.Thread(target=attend, args=(connection,), daemon=True)
            clients[connection].start()
    # The listener is closed: new clients are refused.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # a second one ends us at once
    stopping.set()
    deadline = time.monotonic() + grace
    for connection in list(clients):
        with suppress(OSError):  # it has left in this moment
            connection.shutdown(socket.SHUT_RD)  # who waits in a read sees the end of input; who sends goes on
    for thread in list(clients.values()):
        thread.join(max(0.0, deadline - time.monotonic()))


def attend(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as lines, suppress(OSError):
        while not stopping.is_set() and (line := lines.readline(LINE)).endswith(b"\n"):
            connection.sendall(line.upper() * COPIES)
            if stopping.is_set():
                hang_up(connection)
    clients.pop(connection)


def hang_up(connection: socket.socket) -> None:
    """Say FIN and read what is left: closing over unread input is RST, which costs the client the end of its reply."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(LINE):
        pass


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080, float(sys.argv[2]) if len(sys.argv) > 2 else 5.0)
