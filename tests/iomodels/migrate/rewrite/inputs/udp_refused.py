"""Datagrams that cannot be moved. Nothing here is changed."""

import socket


def flags():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        data, peer = sock.recvfrom(2048)
        sock.sendto(data, socket.MSG_DONTWAIT, peer)  # refused: IOM903


def once():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.sendto(b"?", ("127.0.0.1", 53))
    return sock.recvfrom(2048)  # refused: IOM902


def afterwards():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    data = b""
    while data != b"stop":
        data, peer = sock.recvfrom(2048)
    sock.sendto(b"bye", peer)  # refused: IOM902


def kept(everybody):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    everybody.append(sock)  # refused: IOM903
    while True:
        sock.recvfrom(2048)
