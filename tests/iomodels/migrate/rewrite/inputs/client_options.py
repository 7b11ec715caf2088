"""Clients that set options of their sockets, before these are connected."""

import socket
import sys


def steady(address):
    peer = socket.socket()
    # it may be long
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    peer.settimeout(5)
    try:
        peer.connect(address)
    except OSError as error:
        print(error)
        return
    peer.sendall(b"one\n")
    print(peer.recv(100).decode().strip(), peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) > 0)
    peer.close()


def patient(address):
    with socket.socket() as peer:
        peer.settimeout(5)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
        peer.connect(address)
        peer.sendall(b"two\n")
        print(peer.recv(100).decode().strip(), peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        steady(("127.0.0.1", each))
    patient(("127.0.0.1", port))


if __name__ == "__main__":
    main()
