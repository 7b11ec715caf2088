"""A conversation whose steps are methods that subclasses override."""

import socket
import sys
import threading


class Conversation(object):
    def __init__(self, conn):
        self.conn = conn

    def converse(self):
        while True:
            line = self.read_line()
            if line is None:
                return
            self.on_line(self.conn, line)

    def read_line(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self.conn.recv(1)
            if not byte:
                return None
            line += byte
        return line

    def on_line(self, conn, line):
        raise NotImplementedError


class Upper(Conversation):
    def on_line(self, connection, line):
        connection.sendall(line.upper())


class Server:
    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))

    def serve_forever(self):
        while True:
            conn, _ = self.listener.accept()
            conversation = Upper(conn)
            thread = threading.Thread(target=conversation.converse)
            thread.daemon = True
            thread.start()


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
