"""A selector on the listener, the clients and a pair of sockets that Python writes to at a signal; a flag ends the loop."""

import selectors
import signal
import socket
import sys


class Server:
    def __init__(self, port):
        self.selector = selectors.DefaultSelector()
        self.running = True
        self.woken, self.waker = socket.socketpair()
        self.woken.setblocking(False)
        self.waker.setblocking(False)
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.setblocking(False)

    def run(self):
        signal.set_wakeup_fd(self.waker.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.selector.register(self.woken, selectors.EVENT_READ, self.stop)
        while self.running:
            for key, mask in self.selector.select():
                key.data(key.fileobj)
        for key in list(self.selector.get_map().values()):
            self.selector.unregister(key.fileobj)
            key.fileobj.close()
        self.selector.close()
        signal.set_wakeup_fd(-1)
        self.waker.close()
        return 3

    def stop(self, sock):
        self.woken.recv(4096)
        print("a signal", flush=True)
        self.running = False

    def accept(self, listener):
        connection, address = listener.accept()
        connection.setblocking(False)
        self.selector.register(connection, selectors.EVENT_READ, self.read)

    def read(self, sock):
        data = sock.recv(4096)
        if data:
            sock.sendall(data.upper())
        else:
            self.selector.unregister(sock)
            sock.close()


sys.exit(Server(int(sys.argv[1])).run())
