"""Threads that are given names, and asked for them."""

import socket
import sys
import threading


class Server:
    def __init__(self, port):
        self.stopped = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port))

    def accept_clients(self):
        while not self.stopped.is_set():
            client, address = self.listener.accept()
            name = "client-%s:%s" % address
            thread = threading.Thread(target=self.serve, name=name, args=(client,))
            thread.daemon = True
            thread.start()

    def serve(self, client):
        with client:
            print(threading.current_thread().name, "came")
            while data := client.recv(4096):
                client.sendall(data.upper())


if __name__ == "__main__":
    server = Server(int(sys.argv[1]))
    threading.Thread(target=server.accept_clients).start()
