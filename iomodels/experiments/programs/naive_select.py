"""The select server of many tutorials: it looks at no descriptor's number, and select raises ValueError at 1024."""

import select
import socket

listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
sockets = [listener]

while True:
    readable, _, _ = select.select(sockets, [], [])
    for each in readable:
        if each is listener:
            sockets.append(listener.accept()[0])
        elif data := each.recv(65536):
            each.sendall(data.upper())
        else:
            sockets.remove(each)
            each.close()
