"""Threads that all accept: a function, made and started in one loop; some words of each client, and it may fail."""

import logging
import socket
import sys
import threading

WORKERS = 3
log = logging.getLogger(__name__)


def work(listener, number):
    served = 0
    while True:
        conn, addr = listener.accept()
        conn.settimeout(20)
        served += 1
        talk(conn, number, served)


def talk(conn, number, served):
    while data := conn.recv(4096):
        if data == b"fail":
            raise ValueError(f"{number}: client {served} asked for it")
        conn.sendall(data.upper())


def main(port):
    threads = []
    with socket.create_server(("127.0.0.1", port)) as listener:
        # as many as there may be clients
        for number in range(WORKERS):
            thread = threading.Thread(target=work, args=(listener, number))
            thread.daemon = True
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()  # as long as one of them lives
    log.info("nobody is left")


if __name__ == "__main__":
    main(int(sys.argv[1]))
