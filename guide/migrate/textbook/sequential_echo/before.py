"""An echo server that serves one client after the other."""

import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client, address = listener.accept()
    while True:
        data = client.recv(4096)
        if not data:
            break
        client.sendall(data.upper())
    client.close()
