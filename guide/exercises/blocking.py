"""One client at the counter, and whoever else comes is told "busy" and let go: `python -m guide.exercises.blocking 8080`.

The client at the counter is still served with blocking calls. What is new is where the server sleeps: not in recv, which hears
one client, but in front of it, where the door is heard too.
"""

import contextlib
import select
import socket
import sys
import time

LINGER = 1.0  # seconds that whoever was turned away has to close in


def serve(listener: socket.socket) -> None:
    counter: socket.socket | None = None
    leaving: dict[socket.socket, float] = {}  # until when each may stay, the first to go first
    while True:
        present = [*([counter] if counter else []), *leaving, listener]  # the door last: whoever leaves makes room first
        patience = max(0.0, next(iter(leaving.values())) - time.monotonic()) if leaving else None
        ready, _, _ = select.select(present, [], [], patience)
        for client, until in list(leaving.items()):
            if until < time.monotonic() and client not in ready:
                client.close()
                del leaving[client]
        for each in ready:
            if each is listener:
                client, _ = listener.accept()
                if counter is None:
                    counter = client
                else:
                    turn_away(client)
                    leaving[client] = time.monotonic() + LINGER
            elif not answer(each, quietly=each is not counter):
                each.close()
                leaving.pop(each, None)
                counter = None if each is counter else counter


def turn_away(client: socket.socket) -> None:
    """Say so, and send FIN. To close at once would be RST where the client has spoken, and the word would be lost."""
    with contextlib.suppress(OSError):  # it has gone already
        client.sendall(b"busy\n")
        client.shutdown(socket.SHUT_WR)


def answer(client: socket.socket, *, quietly: bool) -> bool:
    """Read once and reply, or quietly throw away what came; False at the end."""
    try:
        data = client.recv(65536)
        if data and not quietly:
            client.sendall(data.upper())
    except OSError:
        return False
    return bool(data)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door, contextlib.suppress(KeyboardInterrupt):
        print("listening on {}:{}".format(*door.getsockname()), flush=True)
        serve(door)
