import sys
from socket import *


class Server:
    def __init__(self, port):
        self.sock = socket(AF_INET, SOCK_STREAM)
        self.sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self.sock.bind(("127.0.0.1", port))
        self.sock.listen(5)
        self.client = None
        self.addr = None
        self.running = True

    def run(self):
        while self.running:
            try:
                self.client, self.addr = self.sock.accept()
                self.serve()
            except error as e:
                print("error", e)

    def serve(self):
        while True:
            data = self.client.recv(1024)
            if not data:
                self.client.close()
                return
            self.reply(data)

    def reply(self, data):
        self.client.send(data.upper())


if __name__ == "__main__":
    Server(int(sys.argv[1])).run()
