"""A thread that works wakes the loop through the pipe of the signals. Nothing here is changed."""

import queue
import selectors
import signal
import socket
import sys
import threading

selector = selectors.DefaultSelector()
woken, waker = socket.socketpair()
done = queue.Queue()


def on_signal(number, frame):
    done.put(None)
    waker.send(b"x")


def work(data):
    done.put(data[::-1])
    waker.send(b"x")


def serve(port):
    signal.signal(signal.SIGTERM, on_signal)
    listener = socket.create_server(("127.0.0.1", port))
    selector.register(listener, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():  # refused: IOM920
            if key.fileobj is listener:
                client, address = listener.accept()
                selector.register(client, selectors.EVENT_READ)
            elif key.fileobj is woken:
                woken.recv(1)
                if done.get() is None:
                    return
            else:
                data = key.fileobj.recv(4096)
                threading.Thread(target=work, args=(data,)).start()
                selector.unregister(key.fileobj)
                key.fileobj.close()


serve(int(sys.argv[1]))
