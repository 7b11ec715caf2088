"""Threads, and what they do, for which a task is no match. Nothing here is changed."""

import asyncio
import os
import queue
import socket
import subprocess
import threading
from typing import Any

lock = threading.Lock()
jobs = queue.Queue()


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


def runs_a_program(conn):
    subprocess.run(["true"])  # refused: IOM904
    conn.close()


def program_server(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=runs_a_program, args=(conn,)).start()


def waits_for_work(conn):
    conn.sendall(jobs.get())  # refused: IOM904
    conn.close()


def work_server(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=waits_for_work, args=(conn,)).start()


def holds_a_lock(conn):
    with lock:  # refused: IOM913
        conn.sendall(b"one at a time")
    conn.close()


def lock_server(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=holds_a_lock, args=(conn,)).start()


def serve(conn):
    conn.sendall(b"hello")
    conn.close()


def joins(listener: socket.socket):
    threads = []
    while True:
        conn, _ = listener.accept()
        thread = threading.Thread(target=serve, args=(conn,))
        thread.start()
        threads.append(thread)  # refused: IOM909


def two(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=reads, args=(conn,)).start()
        threading.Thread(target=writes, args=(conn,)).start()  # refused: IOM909


def reads(conn):
    conn.recv(10)


def writes(conn):
    conn.sendall(b"hello")


def forks(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        if os.fork() == 0:  # refused: IOM910
            conn.sendall(b"hello")
            os._exit(0)
        conn.close()


def lines(conn):  # refused: IOM906
    while data := conn.recv(10):
        yield data


def iterates(conn):
    for line in lines(conn):
        conn.sendall(line)
    conn.close()


def generator_server(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=iterates, args=(conn,)).start()


def looks_at_errno(conn):
    try:
        conn.recv(10)
    except OSError as error:
        print(error.errno)  # refused: IOM907


def errno_server(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=looks_at_errno, args=(conn,)).start()


def helper(conn):
    conn.recv(10)


def uses_helper(conn):
    helper(conn)


def helper_server(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=uses_helper, args=(conn,)).start()


TABLE = {"help": helper}  # refused: IOM905


class Interruptible:
    def __init__(self):
        self.listener = socket.create_server(("", 0))

    def run(self):
        async def serve_clients() -> None:
            while True:
                try:
                    reader, writer, _ = await accept_client(self.listener)
                    try:
                        writer.close()
                    finally:
                        writer.close()
                except KeyboardInterrupt:  # refused: IOM914
                    break

        asyncio.run(serve_clients())


def changes_its_mind(conn):
    conn.recv(10)
    conn.settimeout(5)  # refused: IOM908
    conn.recv(10)


def timeout_server(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=changes_its_mind, args=(conn,)).start()
