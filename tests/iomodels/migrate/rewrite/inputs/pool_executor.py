import socket
import sys
from concurrent.futures import ThreadPoolExecutor


class Server:
    def __init__(self, port):
        self.pool = ThreadPoolExecutor(max_workers=4)
        self.sock = socket.create_server(("127.0.0.1", port))

    def run(self):
        while True:
            conn, addr = self.sock.accept()
            self.pool.submit(self.handle, conn, addr)

    def handle(self, conn, addr):
        with conn:
            while chunk := conn.recv(4096):
                conn.sendall(chunk.upper())


def echo(conn: socket.socket) -> None:
    with conn:
        while chunk := conn.recv(4096):
            conn.sendall(chunk.upper())


def main(port):
    with socket.create_server(("127.0.0.1", port)) as listener:
        with ThreadPoolExecutor(8) as pool:
            while True:
                conn, _ = listener.accept()
                pool.submit(echo, conn)


if __name__ == "__main__":
    main(int(sys.argv[1]))
