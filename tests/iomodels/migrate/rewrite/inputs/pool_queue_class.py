"""Workers that are Threads and keep the queue; connections alone are put, or what `accept` gives, as it is."""

import queue
import socket
import sys
import threading

clients = queue.SimpleQueue()


class Worker(threading.Thread):
    def __init__(self, jobs):
        super().__init__(daemon=True)
        self.jobs = jobs

    def run(self):
        while True:
            conn = self.jobs.get()
            with conn:
                conn.settimeout(20)
                self.serve(conn)

    def serve(self, conn):
        while chunk := conn.recv(4096):
            conn.sendall(chunk.upper())


def say_hello():
    while True:
        try:
            conn, addr = clients.get()
            conn.sendall(b"hello")
            conn.shutdown(socket.SHUT_WR)
        except OSError:
            continue
        finally:
            conn.close()


def greet(port):
    listener = socket.create_server(("127.0.0.1", port))
    for _ in range(2):
        threading.Thread(target=say_hello).start()
    print("ready")
    while True:
        clients.put(listener.accept())


def main(port):
    jobs = queue.Queue(4)
    workers = [Worker(jobs) for _ in range(4)]
    for worker in workers:
        worker.start()
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        conn, _ = listener.accept()
        jobs.put(conn)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        greet(int(sys.argv[1]))
    else:
        main(int(sys.argv[1]))
