"""A loop that goes on with a lost connection: a socket says end of input the second time, streams of two libraries raise for ever."""

import socket
import threading


def handle(conn):
    alive = True
    while alive:
        try:
            data = conn.recv(100)
            if not data:
                alive = False
        except socket.timeout:
            continue
        except ConnectionError:
            alive = False
    while True:
        try:
            if not conn.recv(100):
                break
        except OSError:  # refused by asyncio: IOM907, refused by anyio: IOM907
            print("lost")
    conn.close()


def serve(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=handle, args=(conn,)).start()
