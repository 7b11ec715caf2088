"""selectors as in the manual: the listener's data is None, a connection's its state; what both are passed on to gets the key."""

import selectors
import socket
import types

sel = selectors.DefaultSelector()


def begin():
    listener = socket.create_server(("127.0.0.1", 8080))
    listener.setblocking(False)
    sel.register(listener, selectors.EVENT_READ, data=None)


def greet(listener):
    conn, addr = listener.accept()
    conn.setblocking(False)
    state = types.SimpleNamespace(addr=addr, outb=b"", over=False)
    sel.register(conn, selectors.EVENT_READ, data=state)


def bye(sock):
    sel.unregister(sock)
    sock.close()


def serve(key, mask):
    sock = key.fileobj
    state = key.data
    if mask & selectors.EVENT_READ:
        data = sock.recv(1024)
        state.outb += data
        state.over = not data
    if mask & selectors.EVENT_WRITE and state.outb:
        sent = sock.send(state.outb)
        state.outb = state.outb[sent:]
    if state.outb:
        sel.modify(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, data=state)
    elif state.over:
        bye(sock)
    else:
        sel.modify(sock, selectors.EVENT_READ, data=state)


def loop():
    while True:
        for key, mask in sel.select():
            if key.data is None:
                greet(key.fileobj)
                continue
            try:
                serve(key, mask)
            except OSError as error:
                print(key.data.addr, error)
                bye(key.fileobj)


begin()
loop()
