"""Connections that are used in ways which have no counterpart, or that go out of sight. Nothing here is changed."""

import pickle
import socket
import ssl
import threading
from elsewhere import converse


def peeks(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        conn.recv(1, socket.MSG_PEEK)  # refused: IOM903
        conn.close()


def passes_on(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        converse(conn)  # refused: IOM903


def keeps(listener: socket.socket):
    everybody = []
    while True:
        conn, _ = listener.accept()
        everybody.append(conn)
        for other in everybody:  # refused: IOM903
            other.sendall(b"somebody came")


def by_value(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        read = conn.recv  # refused: IOM903
        read(10)


def sometimes_another(listener: socket.socket, other):
    while True:
        conn, _ = listener.accept()
        conn = other  # refused: IOM903
        conn.recv(10)


def over_tls(port):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    listener = context.wrap_socket(socket.create_server(("", port)))  # refused: IOM911
    while True:
        conn, _ = listener.accept()
        conn.close()


def on_a_path(path):
    listener = socket.socket(socket.AF_UNIX)  # refused: IOM916
    while True:
        conn, _ = listener.accept()
        conn.close()


def leaves(ports):
    for port in ports:
        listener = socket.create_server(("", port))
        if port:
            again = [listener]
            while again:
                again.pop()
                break
            conn, _ = listener.accept(), again  # refused: IOM902
            conn[0].close()


def in_one(listener: socket.socket):
    while True:
        pair = listener.accept()  # refused: IOM902
        pair[0].close()


def until_one(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        if conn.recv(1):
            return conn  # refused: IOM903


def found(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        name = conn.recv(10)  # refused: IOM902
        conn.close()
        if name:
            break  # what is set in the loop is used after it
    return name


def never_flushed(listener: socket.socket):
    while True:
        conn, _ = listener.accept()
        file = conn.makefile("wb")
        file.write(b"hello")  # refused: IOM903
        conn.close()


def not_a_socket(listener):
    while True:
        conn, _ = listener.accept()
        pickle.loads(conn.recv(10))
