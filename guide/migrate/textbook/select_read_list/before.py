"""An echo server that waits with select for a list of sockets to read from."""

import select
import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
inputs = [listener]
while True:
    readable, _, _ = select.select(inputs, [], [])
    for sock in readable:
        if sock is listener:
            client, address = listener.accept()
            inputs.append(client)
        else:
            data = sock.recv(4096)
            if data:
                sock.sendall(data.upper())
            else:
                inputs.remove(sock)
                sock.close()
