"""Accepting, and starting a thread, in methods of their own; clients are kept, to be counted."""

import socket
import sys
import threading


class Server:
    def __init__(self, port):
        self.clients = {}
        self.sock = socket.create_server(("127.0.0.1", port), backlog=5)

    def run(self):
        try:
            while True:
                self.next_client()
        except KeyboardInterrupt:
            print("bye")

    def next_client(self):
        conn, peer = self.sock.accept()
        self.clients[peer] = conn
        self.start_client(conn, peer)

    def start_client(self, conn, peer):
        thread = threading.Thread(target=self.serve, args=[conn, peer], name="client %s" % peer[0])
        thread.setDaemon(True)
        thread.start()

    def serve(self, conn: socket.socket, peer):
        try:
            while chunk := conn.recv(4096):
                conn.sendall(chunk.decode().upper().encode())
        except (socket.error, UnicodeError):
            pass
        conn.close()
        del self.clients[peer]
        print(len(self.clients), "left")


if __name__ == "__main__":
    Server(int(sys.argv[1])).run()
