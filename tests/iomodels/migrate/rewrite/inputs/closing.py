"""Echo in threads, with everything closed by contextlib."""

import contextlib
import socket
import sys
import threading


def session(conn):
    with contextlib.closing(conn):
        while data := conn.recv(1024):
            conn.sendall(data.upper())


def main():
    with contextlib.closing(socket.socket()) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
        listener.bind(("127.0.0.1", int(sys.argv[1])))
        listener.listen(10)
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=session, args=(conn,), name="session").start()


if __name__ == "__main__":
    sys.exit(main())
