"""An echo server that asks every connection in a list, again and again."""

import socket
import sys
import time

connections = []


def accept(listener):
    try:
        client, address = listener.accept()
    except BlockingIOError:
        return
    client.setblocking(False)
    connections.append(client)


def ask(client):
    try:
        data = client.recv(4096)
    except BlockingIOError:
        return
    if not data:
        connections.remove(client)
        client.close()
        return
    client.sendall(data.upper())


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
listener.setblocking(False)
while True:
    accept(listener)
    for client in list(connections):
        ask(client)
    time.sleep(0.01)
