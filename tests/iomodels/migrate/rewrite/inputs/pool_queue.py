"""Connections go through a queue that holds two of them, with their addresses and their numbers, to three threads."""

import socket
import sys
import threading
from queue import Queue


def work(jobs: Queue, number: int) -> None:
    while True:
        count, conn, addr = jobs.get()
        if addr[0] != "127.0.0.1":
            conn.close()
            jobs.task_done()
            continue
        while chunk := conn.recv(4096):
            if chunk == b"fail":
                raise ValueError(chunk)
            conn.sendall(b"%d by %d: %s" % (count, number, chunk.upper()))
        jobs.task_done()


def main(port: int) -> None:
    jobs: Queue = Queue(maxsize=2)
    with socket.create_server(("127.0.0.1", port)) as listener:
        for number in range(3):
            threading.Thread(target=work, args=(jobs, number), daemon=True).start()
        count = 0
        while True:
            conn, addr = listener.accept()
            count += 1
            jobs.put((count, conn, addr))


if __name__ == "__main__":
    main(int(sys.argv[1]))
