"""A text file of a connection that is printed to."""

import socket
import sys
import threading


def handle(c):
    with c.makefile("rw", encoding="utf-8") as f:
        for line in f:
            print(*line.split(), len(line), sep="-", file=f)
            print("ok", end=".\n", file=f, flush=True)
    c.close()


l = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    c, _ = l.accept()
    threading.Thread(target=handle, args=(c,)).start()
