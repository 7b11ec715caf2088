"""The floor: the ten lines of Python that a reader would write (the loop below), upper-casing what they are sent.

They keep no contract: a client that does not read stops them all, a reset ends the program, SIGTERM cuts replies short.
What `models.epoll` costs beyond them is the price of the contract. Run: `python benchmarks/ten_lines.py 8080`.
"""

import socket
import sys
from select import EPOLLIN, epoll

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024)
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
accepting, poller = listener.fileno(), epoll()
poller.register(listener, EPOLLIN)
connections = {}

while True:
    for descriptor, _ in poller.poll():
        if descriptor == accepting:
            client, _ = listener.accept()
            connections[client.fileno()] = client
            poller.register(client, EPOLLIN)
        elif data := connections[descriptor].recv(65536):
            connections[descriptor].sendall(data.upper())
        else:
            connections.pop(descriptor).close()
