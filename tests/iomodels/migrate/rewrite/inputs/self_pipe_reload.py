"""What the pipe says is looked at: SIGHUP is for something else than to end. Nothing here is changed."""

import os
import select
import signal
import socket
import sys

readable, writable = os.pipe()
greeting = b"hello "


def on_signal(number, frame):
    os.write(writable, bytes([number]))


def serve(port):
    global greeting
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    listener = socket.create_server(("127.0.0.1", port))
    clients = []
    while True:
        ready, _, _ = select.select([listener, readable, *clients], [], [])
        for sock in ready:  # refused: IOM920
            if sock is listener:
                client, address = listener.accept()
                clients.append(client)
            elif sock == readable:
                if os.read(readable, 1)[0] == signal.SIGTERM:
                    return
                greeting = b"hello again "
            else:
                data = sock.recv(4096)
                if data:
                    sock.sendall(greeting + data)
                else:
                    clients.remove(sock)
                    sock.close()


serve(int(sys.argv[1]))
