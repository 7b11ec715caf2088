"""A program of threads: one for each client, and the main thread, which ends it all and says how much was shouted."""

import socket
import sys
import threading
from contextlib import suppress

lock = threading.Lock()
shouted = 0  # bytes


def shout(connection: socket.socket) -> None:
    global shouted
    with connection, suppress(OSError):
        while data := connection.recv(65536):
            with lock:
                shouted += len(data)
            connection.sendall(data.upper())


def accept(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=shout, args=(connection,), daemon=True).start()


def main(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    with suppress(KeyboardInterrupt):
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        threading.Event().wait()
    print(f"shouted {shouted} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
