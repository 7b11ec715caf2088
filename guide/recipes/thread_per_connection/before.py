"""Serve each client in a thread of its own; all threads share the set of those who are here."""

import socket
import sys
import threading

here: set[socket.socket] = set()
lock = threading.Lock()


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=converse, args=[client], daemon=True).start()


def converse(client: socket.socket) -> None:
    with client:
        with lock:
            here.add(client)
            count = len(here)
        try:
            client.sendall(f"{count} here\n".encode())
            while data := client.recv(65536):
                client.sendall(data.decode("ascii").upper().encode())
        finally:
            with lock:
                here.discard(client)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
