"""Threads that all accept: a subclass, and threads with names, both made first, and started in a second loop."""

import socket
import sys
import threading


class Acceptor(threading.Thread):
    def __init__(self, listener: socket.socket) -> None:
        super().__init__()
        self.listener = listener

    def run(self) -> None:
        for _ in range(1000):
            self.conn, self.addr = self.listener.accept()
            if self.addr[0] != "127.0.0.1":
                self.conn.close()
                continue
            self.serve()

    def serve(self) -> None:
        while chunk := self.conn.recv(4096):
            self.conn.sendall(chunk.upper())
        self.conn.close()


def named(listener: socket.socket) -> None:
    while True:
        conn, _ = listener.accept()
        with conn:
            conn.sendall(threading.current_thread().name.encode())


def by_name(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    workers = [threading.Thread(target=named, args=(listener,), name=f"worker {i + 1}") for i in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    threads = []
    for _ in range(4):
        acceptor = Acceptor(listener)
        threads.append(acceptor)
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        by_name(int(sys.argv[1]))
    else:
        main()
