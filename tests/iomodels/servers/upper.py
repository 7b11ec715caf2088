"""Somebody's server: upper-cases what comes, a thread for each client."""

import socket
import sys
import threading


def serve(client: socket.socket) -> None:
    with client:
        while data := client.recv(65536):
            client.sendall(data.upper())


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=200)
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
