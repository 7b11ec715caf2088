"""Clients that connect again and again until somebody listens, or until they have tried often enough."""

import socket
import sys
import time

ATTEMPTS = 2


def reach(address):
    for attempt in range(ATTEMPTS):
        peer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            peer.connect(address)
            break
        except ConnectionRefusedError as error:
            print("attempt", attempt + 1, error)
            peer.close()
            time.sleep(0.01)
    else:
        return "nobody"
    peer.sendall(b"one\n")
    answer = peer.recv(100)
    peer.close()
    return answer.decode().strip()


def ask(address):
    peer = socket.socket()
    try:
        peer.connect(address)
        peer.sendall(b"two\n")
        print(peer.recv(100).decode().strip())
    except OSError as error:
        print("no answer:", error)
    finally:
        # whatever happened
        peer.close()
        print("asked")


class Session:
    def __init__(self, ports):
        self.ports = ports
        self.peer = None

    def open(self):
        while True:
            try:
                self.peer = socket.socket()
                self.peer.connect(("127.0.0.1", self.ports[0]))
                return
            except OSError as error:
                print(error)
                self.ports = self.ports[1:]

    def ask(self, text):
        self.peer.sendall(text)
        return self.peer.recv(100).decode().strip()


def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        print(reach(("127.0.0.1", each)))
        ask(("127.0.0.1", each))
    session = Session([nobody, port])
    session.open()
    print(session.ask(b"three\n"))
    session.peer.close()


if __name__ == "__main__":
    main()
