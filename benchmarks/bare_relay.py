"""The floor of a relay: hands bytes on with epoll, and writes nothing down. `python benchmarks/bare_relay.py UPSTREAM-PORT`.

It waits for a slow reader by not reading on, and passes an end of input on; no more. Measured beside the recorder by relays.py.
"""

import socket
import sys
from select import EPOLLIN, EPOLLOUT, epoll

listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
accepting, poller = listener.fileno(), epoll()
poller.register(listener, EPOLLIN)
others: dict[int, tuple[socket.socket, socket.socket]] = {}
owed: dict[int, memoryview] = {}

while True:
    for descriptor, events in poller.poll():
        if descriptor == accepting:
            client = listener.accept()[0]
            server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            for one, other in ((client, server), (server, client)):
                one.setblocking(False)
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                others[one.fileno()] = one, other
                poller.register(one, EPOLLIN)
            continue
        sock, other = others[descriptor]
        if events & EPOLLOUT:  # it takes more of what the other has said
            data = owed.pop(descriptor)
            sent = sock.send(data)
            if sent < len(data):
                owed[descriptor] = data[sent:]
            else:
                poller.modify(descriptor, EPOLLIN)
                poller.modify(other, EPOLLIN)
        elif data := memoryview(sock.recv(65536)):
            try:
                sent = other.send(data)
            except BlockingIOError:
                sent = 0
            if sent < len(data):
                owed[other.fileno()] = data[sent:]
                poller.modify(descriptor, 0)
                poller.modify(other, EPOLLOUT)
        else:
            poller.unregister(descriptor)
            other.shutdown(socket.SHUT_WR)
