"""A selector and a pair of sockets; handlers are lambdas, a flag of the function ends the loop, `finally` closes."""

import selectors
import signal
import socket
import sys

selector = selectors.DefaultSelector()
woken, waker = socket.socketpair()
waker.setblocking(False)


def main(port):
    listener = socket.create_server(("127.0.0.1", port))
    listener.setblocking(False)
    signal.signal(signal.SIGTERM, lambda number, frame: waker.send(b"\0"))
    signal.signal(signal.SIGINT, lambda number, frame: waker.send(b"\0"))
    selector.register(listener, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    running = True
    try:
        while running:
            for key, events in selector.select():
                if key.fileobj is listener:
                    client, address = listener.accept()
                    client.setblocking(False)
                    selector.register(client, selectors.EVENT_READ)
                elif key.fileobj is woken:
                    woken.recv(1)
                    print("stopping")
                    running = False
                else:
                    data = key.fileobj.recv(4096)
                    if data:
                        key.fileobj.sendall(data.upper())
                    else:
                        selector.unregister(key.fileobj)
                        key.fileobj.close()
    finally:
        selector.close()
        listener.close()
        woken.close()
        waker.close()
    print("stopped")


if __name__ == "__main__":
    main(int(sys.argv[1]))
