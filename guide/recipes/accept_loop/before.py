"""Serve one client at a time: talk with it until it leaves, then take the next."""

import socket
import sys


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            client, _ = listener.accept()
            with client:
                try:
                    converse(client)
                except OSError as error:
                    print(f"lost a client: {error}", file=sys.stderr)


def converse(client: socket.socket) -> None:
    while data := client.recv(65536):
        client.sendall(data.upper())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
