"""A server that serves its first client, and ends with a traceback when its second has said something."""

import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=200)
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
for turn in range(2):
    with listener.accept()[0] as client:
        while data := client.recv(65536):
            if turn:
                raise RuntimeError("I have had enough")
            client.sendall(data.upper())
