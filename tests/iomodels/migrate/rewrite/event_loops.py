"""Event loops that move: a list, objects, queues or tables with what is owed, methods as callbacks, descriptors. Tests change
one thing in each.
"""

from pathlib import Path

__all__ = ["BOTH", "BUFFERS", "FUNCTION", "INPUTS", "METHODS", "OBJECTS", "POLL", "POLL_QUEUES", "QUEUES"]

INPUTS = Path(__file__).parent / "inputs"
BOTH = (INPUTS / "event_loop_both_events.py").read_text()
BUFFERS = (INPUTS / "event_loop_buffers.py").read_text()
QUEUES = (INPUTS / "event_loop_queues.py").read_text()
POLL_QUEUES = (INPUTS / "event_loop_poll_queues.py").read_text()
FUNCTION = """
import select
import socket

waiting = 0


def serve(port):
    listener = socket.create_server(("127.0.0.1", port))
    watched = [listener]
    while True:
        readable, _, broken = select.select(watched, [], [])
        for ready in readable:
            if ready is listener:
                connection, address = listener.accept()
                watched.append(connection)
            else:
                data = ready.recv(4096)
                if data:
                    ready.sendall(data)
                else:
                    watched.remove(ready)
                    ready.close()


serve(8080)
"""
OBJECTS = """
import select
import socket


class Peer:
    def __init__(self, sock):
        self.sock = sock
        self.owed = bytearray()
        self.over = False
        self.paused = False

    def read(self):
        data = self.sock.recv(4096)
        self.over = not data
        self.owed += data

    def write(self):
        count = self.sock.send(self.owed)
        del self.owed[:count]


def main():
    peers = set()
    listener = socket.create_server(("127.0.0.1", 8080))
    while True:
        reading = [listener] + [peer for peer in peers if not peer.over]
        writing = [peer for peer in peers if peer.owed]
        can_read, can_write, _ = select.select(reading, writing, [])
        for peer in peers & {*can_read, *can_write}:
            if peer in can_read:
                peer.read()
            if peer in can_write:
                peer.write()
            if peer.over and not peer.owed:
                peers.remove(peer)
                peer.sock.close()
        if listener in can_read:
            peers.add(Peer(listener.accept()[0]))


main()
"""
METHODS = """
import selectors
import socket


class Server:
    def __init__(self, port):
        self.total = 0
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)

    def run(self):
        while True:
            for key, events in self.selector.select():
                key.data(key.fileobj, events)

    def accept(self, listener, events):
        sock, _ = listener.accept()
        self.selector.register(sock, selectors.EVENT_READ, self.serve)

    def serve(self, sock, events):
        data = sock.recv(4096)
        if data:
            sock.sendall(data)
            self.total += len(data)
        else:
            self.selector.unregister(sock)
            sock.close()


Server(8080).run()
"""
POLL = """
import select
import socket

listener = socket.create_server(("127.0.0.1", 8080))
poller = select.poll()
poller.register(listener, select.POLLIN)
socks = {listener.fileno(): listener}

while True:
    for fd, event in poller.poll():
        sock = socks[fd]
        if sock is listener:
            new, _ = listener.accept()
            poller.register(new, select.POLLIN)
            socks[new.fileno()] = new
            continue
        if event & select.POLLIN:
            data = sock.recv(4096)
            sock.sendall(data)
            if not data:
                poller.unregister(fd)
                del socks[fd]
                sock.close()
        elif event & select.POLLHUP:
            print("hung up")
"""
