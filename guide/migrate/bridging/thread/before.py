"""A program of threads: one for each client, and the main thread, which ends it all and says how much was shouted."""

import contextlib
import socket
import sys
import threading

lock = threading.Lock()
shouted = 0  # bytes


def shout(connection: socket.socket) -> None:
    global shouted
    with connection, contextlib.suppress(OSError):
        while data := connection.recv(65536):
            connection.sendall(data.upper())
            with lock:
                shouted += len(data)


def accept(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=shout, args=(connection,), daemon=True).start()


def main(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    print(f"shouted {shouted} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
