"""select on the listener, the clients and a pipe that SIGTERM and SIGINT write into: the server says goodbye and stops."""

import os
import select
import signal
import socket
import sys

readable, writable = os.pipe()
os.set_blocking(writable, False)


def on_signal(number, frame):
    """Wake the loop up."""
    try:
        os.write(writable, b"x")
    except BlockingIOError:
        pass


def serve(port):
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    listener = socket.create_server(("127.0.0.1", port))
    clients = []
    while True:
        ready, _, _ = select.select([listener, readable, *clients], [], [])
        if readable in ready:
            os.read(readable, 100)
            print("stopping", flush=True)
            break
        for sock in ready:
            if sock is listener:
                client, address = listener.accept()
                clients.append(client)
            else:
                data = sock.recv(4096)
                if data:
                    sock.sendall(data.upper())
                else:
                    clients.remove(sock)
                    sock.close()
    for client in clients:
        client.close()
    listener.close()
    os.close(readable)
    os.close(writable)
    print("stopped", flush=True)


serve(int(sys.argv[1]))
