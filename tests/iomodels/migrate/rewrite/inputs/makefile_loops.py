"""Lines of a connection that are numbered, and then the rest of them, read one by one."""

import socket
import sys
import threading


def handle(c):
    f = c.makefile("rb")
    for number, line in enumerate(f, 1):
        c.sendall(b"%d " % number + line)
        if line == b"enough\n":
            break
    else:
        c.sendall(b"no more\n")
    # as they are
    for line in iter(f.readline, b""):
        c.sendall(line.upper())
    f.close()
    c.close()


l = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    c, _ = l.accept()
    threading.Thread(target=handle, args=(c,)).start()
