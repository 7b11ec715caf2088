# corpus
#   what: selectors, data is None for the listener and a namespace for the others, always watched for both events
#   service: upper
#   run: {file} 127.0.0.1 {port}
#   unit: - server selectors
#   finds: IOM105 IOM112
# /corpus
import selectors
import socket
import sys
import types

sel = selectors.DefaultSelector()
BOTH = selectors.EVENT_READ | selectors.EVENT_WRITE


def new_connection(sock):
    conn, peer = sock.accept()
    conn.setblocking(False)
    state = types.SimpleNamespace(peer=peer, outb=b"", over=False)
    sel.register(conn, selectors.EVENT_READ, data=state)


def close_connection(sock):
    sel.unregister(sock)
    sock.close()


def service(key, mask):
    sock = key.fileobj
    state = key.data
    if mask & selectors.EVENT_READ:
        received = sock.recv(1024)
        if received:
            state.outb += received.upper()
        else:
            state.over = True
    if mask & selectors.EVENT_WRITE and state.outb:
        sent = sock.send(state.outb)
        state.outb = state.outb[sent:]
    if state.outb:
        sel.modify(sock, selectors.EVENT_WRITE if state.over else BOTH, data=state)
    elif state.over:
        close_connection(sock)
    else:
        sel.modify(sock, selectors.EVENT_READ, data=state)


def start(host, port):
    lsock = socket.create_server((host, port), backlog=100)
    lsock.setblocking(False)
    sel.register(lsock, selectors.EVENT_READ, data=None)


def event_loop():
    try:
        while True:
            events = sel.select(timeout=None)
            for key, mask in events:
                if key.data is None:
                    new_connection(key.fileobj)
                else:
                    try:
                        service(key, mask)
                    except OSError as e:
                        print("%s:%d: %s" % (key.data.peer[0], key.data.peer[1], e), file=sys.stderr)
                        close_connection(key.fileobj)
    except KeyboardInterrupt:
        print("interrupted, leaving", file=sys.stderr)
    finally:
        sel.close()


if len(sys.argv) != 3:
    sys.exit("usage: %s HOST PORT" % sys.argv[0])
start(sys.argv[1], int(sys.argv[2]))
event_loop()
