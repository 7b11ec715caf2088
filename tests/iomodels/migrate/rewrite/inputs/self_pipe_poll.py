"""epoll, by descriptors, and a pipe; at a signal the program exits from within the loop, with a status of its own."""

import os
import select
import signal
import socket
import sys

r, w = os.pipe()


def handler(signum, frame):
    os.write(w, b"!")


signal.signal(signal.SIGTERM, handler)
signal.signal(signal.SIGINT, handler)

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(5)
server.setblocking(False)

poller = select.epoll()
poller.register(server.fileno(), select.EPOLLIN)
poller.register(r, select.EPOLLIN)
connections = {}
try:
    while True:
        for fd, event in poller.poll():
            if fd == server.fileno():
                connection, address = server.accept()
                connection.setblocking(False)
                poller.register(connection.fileno(), select.EPOLLIN)
                connections[connection.fileno()] = connection
            elif fd == r:
                os.read(r, 1)
                print("bye")
                sys.exit(2)
            elif event & select.EPOLLIN:
                data = connections[fd].recv(1024)
                if data:
                    connections[fd].sendall(data.upper())
                else:
                    poller.unregister(fd)
                    connections[fd].close()
                    del connections[fd]
finally:
    poller.unregister(server.fileno())
    poller.close()
    server.close()
