"""Answer each line in upper case, until QUIT: a thread for each client, which reads lines as from a file."""

import socket
import sys
import threading
import time

LIMIT = 64 * 1024  # bytes in a line, without its LF: else the client decides how much memory a line takes
LINGER = 5.0  # seconds for the client to take our last words and leave


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
            hang_up(client)
    except OSError as error:
        print(f"lost a client: {error!r}", file=sys.stderr)


def converse(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        while line := lines.readline(LIMIT + 1):
            if len(line) > LIMIT and not line.endswith(b"\n"):
                client.sendall(b"ERROR line too long\n")
                return
            text = line.rstrip(b"\r\n").upper()
            end = line[len(text) :] or b"\n"  # the last line may lack its own
            if text == b"QUIT":
                client.sendall(b"BYE" + end)
                return
            client.sendall(text + end)


def hang_up(client: socket.socket) -> None:
    """Say FIN, then read to the end: closing over unread input sends RST, and that may destroy the last reply."""
    client.shutdown(socket.SHUT_WR)
    give_up = time.monotonic() + LINGER
    while (left := give_up - time.monotonic()) > 0:
        client.settimeout(left)
        if not client.recv(65536):
            return


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
