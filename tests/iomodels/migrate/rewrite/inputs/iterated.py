"""A thread by _thread, which iterates over what it receives."""

import _thread
import socket
import sys


def handle(conn):
    for block in iter(lambda: conn.recv(32768), b""):
        conn.sendall(block.upper())
    conn.close()


l = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    c, _ = l.accept()
    _thread.start_new_thread(handle, (c,))
