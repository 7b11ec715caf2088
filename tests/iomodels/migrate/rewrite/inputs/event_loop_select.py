"""select on the listener and its connections; the part for a connection comes first, and a new one is greeted."""

import select
import socket


def serve(port):
    listener = socket.create_server(("127.0.0.1", port))
    watched = [listener]
    while True:
        for ready in select.select(watched, [], [])[0]:
            if ready is not listener:
                # one that has been here before
                data = ready.recv(4096)
                if not data:
                    watched.remove(ready)
                    ready.close()
                    continue
                ready.sendall(data.upper())
            else:
                connection, address = ready.accept()
                print("hello", address)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.sendall(b"welcome\n")
                watched.append(connection)


serve(8080)
