"""Serve each client in a thread, with two limits: IDLE seconds for each call, TOTAL for the conversation."""

import socket
import sys
import threading
import time

IDLE = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0  # seconds for a single receive, or for sending a single reply
TOTAL = float(sys.argv[3]) if len(sys.argv) > 3 else 300.0  # seconds in all


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=attend, args=[client], daemon=True).start()


def attend(client: socket.socket) -> None:
    try:
        with client:
            converse(client)
    except OSError as error:  # TimeoutError is one
        print(f"lost a client: {error!r}", file=sys.stderr)


def converse(client: socket.socket) -> None:
    give_up = time.monotonic() + TOTAL
    while True:
        allow(client, give_up)
        data = client.recv(65536)
        if not data:
            return
        allow(client, give_up)
        client.sendall(data.upper())


def allow(client: socket.socket, give_up: float) -> None:
    """Let the next call take IDLE seconds, or what is left of TOTAL."""
    left = min(IDLE, give_up - time.monotonic())
    if left <= 0:
        raise TimeoutError("its time is over")
    client.settimeout(left)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
