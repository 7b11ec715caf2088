"""selectors, each connection always watched for both events: it is closed where its input ends, and then what is owed is sent."""

import selectors
import socket
import sys
import types

chooser = selectors.DefaultSelector()
BOTH = selectors.EVENT_READ | selectors.EVENT_WRITE


def welcome(listener):
    connection, peer = listener.accept()
    print("hello", peer[0])
    connection.setblocking(False)
    chooser.register(connection, BOTH, data=types.SimpleNamespace(peer=peer, owed=b""))


def turn(key, mask):
    connection = key.fileobj
    state = key.data
    if mask & selectors.EVENT_READ:
        received = connection.recv(1024)
        if received:
            state.owed += received.upper()
        else:
            print("goodbye", state.peer[0])
            chooser.unregister(connection)
            connection.close()
    if mask & selectors.EVENT_WRITE:
        if state.owed:
            count = connection.send(state.owed)
            state.owed = state.owed[count:]


def main(port):
    listener = socket.create_server(("127.0.0.1", port))
    listener.setblocking(False)
    chooser.register(listener, selectors.EVENT_READ, data=None)
    try:
        while True:
            for key, mask in chooser.select(timeout=None):
                if key.data is None:
                    welcome(key.fileobj)
                else:
                    turn(key, mask)
    except KeyboardInterrupt:
        print("interrupted")
    finally:
        chooser.close()


main(int(sys.argv[1]))
