# corpus
#   what: non-blocking sockets in a list, each asked in turn, with a pause when nobody had anything
#   service: upper
#   run: {file} {port}
#   unit: - server nonblocking
#   finds: IOM105 IOM119 IOM208
# /corpus
"""No select, no threads: ask everybody, again and again."""

import socket
import sys
import time

PAUSE = 0.005
connections = []


def accept_new(listener):
    try:
        connection, client = listener.accept()
    except BlockingIOError:
        return False
    connection.setblocking(False)
    connections.append(connection)
    return True


def deliver(connection, data):
    while data:
        try:
            sent = connection.send(data)
            data = data[sent:]
        except BlockingIOError:
            time.sleep(PAUSE)


def ask(connection):
    try:
        data = connection.recv(4096)
        if data:
            deliver(connection, data.upper())
            return True
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    connections.remove(connection)
    connection.close()
    return True


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen(128)
    listener.setblocking(False)

    while True:
        busy = accept_new(listener)
        for connection in connections[:]:
            if ask(connection):
                busy = True
        if not busy:
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
