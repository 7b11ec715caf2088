"""A chat with names: a dictionary of all, and no lock."""

import socket
import sys
import threading


class Chat:
    def __init__(self, port: int) -> None:
        self.server = socket.create_server(("127.0.0.1", port))
        self.members = {}

    def run(self) -> None:
        while True:
            conn, addr = self.server.accept()
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def tell(self, text: bytes, but: bytes) -> int:
        told = 0
        for name, other in list(self.members.items()):
            if name != but:
                told += other.send(text) == len(text)
        return told

    def serve(self, conn: socket.socket) -> None:
        name = conn.recv(100).strip()
        if not name or name in self.members:
            conn.sendall(b"no\n")
            conn.close()
            return
        self.members[name] = conn
        self.tell(b"* %s has come\n" % name, name)
        conn.sendall(b"hello\n")
        try:
            while (data := conn.recv(4096)) != b"/bye":
                told = self.tell(b"%s: %s" % (name, data), name)
                conn.sendall(b"told %d\n" % told)
        finally:
            del self.members[name]
            conn.close()
        self.tell(b"* %s has left\n" % name, name)


if __name__ == "__main__":
    Chat(int(sys.argv[1])).run()
