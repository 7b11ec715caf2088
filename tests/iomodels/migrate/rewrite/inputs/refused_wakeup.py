"""A server, and a client, whose signals come through a descriptor that the library would take. Nothing here is changed."""

import signal
import socket
import sys

here, there = socket.socketpair()


def serve(listener: socket.socket):
    while True:
        connection, _ = listener.accept()
        connection.sendall(b"hello")
        connection.close()


class Session:
    def __enter__(self):  # refused: IOM906
        self.peer = socket.create_connection(("localhost", 80))
        return self

    def __exit__(self, *_):
        self.peer.close()


def main():
    there.setblocking(False)
    signal.set_wakeup_fd(there.fileno())  # refused: IOM914
    with Session():
        serve(socket.create_server(("127.0.0.1", int(sys.argv[1]))))


if __name__ == "__main__":
    main()
