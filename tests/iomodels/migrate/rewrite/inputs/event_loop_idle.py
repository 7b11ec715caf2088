"""A class; its loop wakes up each second for something else, and ends when it is told to."""

import select
import socket


class Server:
    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.seen = {}
        self.done = False

    def report(self):
        quiet = [client for client, count in self.seen.items() if not count]
        print(len(self.seen), "clients,", len(quiet), "of them quiet")

    def run(self):
        while not self.done:
            try:
                ready, _, _ = select.select([self.listener] + list(self.seen), [], [], 1.0)
            except InterruptedError:
                continue
            for sock in ready:
                if sock is self.listener:
                    client, _ = self.listener.accept()
                    self.seen[client] = 0
                else:
                    self.serve(sock)
            self.report()
        self.listener.close()

    def serve(self, sock):
        data = sock.recv(4096)
        if not data:
            del self.seen[sock]
            sock.close()
            return
        sock.sendall(data)
        self.seen[sock] += 1


Server(8080).run()
