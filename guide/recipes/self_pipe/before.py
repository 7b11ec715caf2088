"""Count what clients send, in a select loop; a signal wakes it through a pipe: SIGHUP for statistics, SIGTERM to end."""

import os
import select
import signal
import socket
import sys
from types import FrameType

pending: list[int] = []  # signals that the loop has not seen yet
wake_reader, wake_writer = os.pipe()


def note(number: int, _frame: FrameType | None) -> None:
    pending.append(number)
    try:
        os.write(wake_writer, b"!")
    except BlockingIOError:
        pass  # the pipe is full, so the loop is about to wake


def main(port: int) -> None:
    clients: dict[socket.socket, int] = {}
    total = 0
    for end in (wake_reader, wake_writer):
        os.set_blocking(end, False)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    listener = socket.create_server(("127.0.0.1", port))
    listener.setblocking(False)
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        readers: list[socket.socket | int] = [listener, wake_reader, *clients]
        readable, _, _ = select.select(readers, [], [])
        if wake_reader in readable:
            os.read(wake_reader, 65536)
            while pending:
                if pending.pop(0) != signal.SIGHUP:
                    return
                print(f"{len(clients)} here, {total} bytes in all", file=sys.stderr)
        for client in clients.keys() & readable:
            try:
                data = client.recv(65536)
                clients[client] += len(data)
                total += len(data)
                if data:
                    continue
                client.send(f"{clients[client]} bytes\n".encode())  # all that is ever sent to it: it fits
            except BlockingIOError:
                continue
            except OSError as error:
                print(f"lost a client: {error}", file=sys.stderr)
            del clients[client]
            client.close()
        if listener in readable:
            try:
                client, _ = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                continue  # it has left already
            client.setblocking(False)
            clients[client] = 0


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
