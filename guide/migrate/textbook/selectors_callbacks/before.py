"""An echo server whose sockets are registered with the function that attends to them."""

import selectors
import socket
import sys

selector = selectors.DefaultSelector()


def accept(listener):
    client, address = listener.accept()
    client.setblocking(False)
    selector.register(client, selectors.EVENT_READ, echo)


def echo(client):
    data = client.recv(4096)
    if data:
        client.send(data.upper())
    else:
        selector.unregister(client)
        client.close()


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
listener.setblocking(False)
selector.register(listener, selectors.EVENT_READ, accept)
while True:
    for key, events in selector.select():
        callback = key.data
        callback(key.fileobj)
