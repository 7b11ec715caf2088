"""Threads, and what they do, for which a task is no match. Nothing here is changed."""

import os
import queue
import socket
import threading

lock = threading.Lock()
jobs = queue.Queue()


def runs_a_program(conn):
    open("/dev/zero").read(10)  # refused: IOM904
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


def lines(conn):
    while data := conn.recv(10):
        sent = yield data  # refused: IOM906


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
        while True:
            try:
                conn, _ = self.listener.accept()
                conn.close()
            except KeyboardInterrupt:  # refused: IOM914
                break


def changes_its_mind(conn):
    conn.recv(10)
    conn.settimeout(5)  # refused: IOM908
    conn.recv(10)


def timeout_server(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=changes_its_mind, args=(conn,)).start()
