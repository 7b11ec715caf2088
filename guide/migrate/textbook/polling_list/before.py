"""An echo server that asks every connection in a list, again and again."""

import socket
import sys
import time

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
listener.setblocking(False)
connections = []
while True:
    try:
        client, address = listener.accept()
        client.setblocking(False)
        connections.append(client)
    except BlockingIOError:
        pass
    for client in list(connections):
        try:
            data = client.recv(4096)
        except BlockingIOError:
            continue
        if data:
            client.sendall(data.upper())
        else:
            connections.remove(client)
            client.close()
    time.sleep(0.01)
