"""A Thread subclass holds its connection; the server looks at the address, and sets an option."""

import logging
import socket
import sys
import threading
import time

log = logging.getLogger(__name__)
lock = threading.Lock()
present = 0


class Handler(threading.Thread):
    def __init__(self, sock, addr):
        super().__init__(daemon=True)
        self.sock, self.addr = sock, addr
        self.buf = b""

    def read_exact(self, n):
        while len(self.buf) < n:
            more = self.sock.recv(4096)
            if not more:
                raise EOFError
            self.buf += more
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def run(self):
        global present
        with lock:
            present += 1
        try:
            while True:
                time.sleep(0.01)
                size = self.read_exact(1)[0]
                body = self.read_exact(size)
                total = 0
                while total < len(body):
                    total += self.sock.send(body[total:].upper())
        except EOFError:
            self.sock.shutdown(socket.SHUT_WR)
        except ConnectionResetError:
            log.info("reset")
        finally:
            self.sock.close()
            with lock:
                present -= 1


class Server:
    def __init__(self, port):
        self.listener = self.make(port)
        self.running = True
        self.count = 0

    def make(self, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        s.bind(("127.0.0.1", port))
        s.listen(10)
        return s

    def serve_forever(self):
        while self.running:
            try:
                client, address = self.listener.accept()
            except OSError:
                break
            if address[0] != "127.0.0.1":
                client.close()
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.count += 1
            Handler(client, address).start()
        log.info("done")


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
