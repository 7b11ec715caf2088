"""A thread for each client, one that accepts, and the main thread, which waits for a pipe and then closes all that is open."""

import os
import signal
import socket
import sys
import threading

clients = set()
wake_r, wake_w = os.pipe()


def on_signal(number, frame):
    os.write(wake_w, b"x")


def accept_all(listener):
    while True:
        try:
            client, address = listener.accept()
        except OSError:
            return
        clients.add(client)
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def serve(client):
    try:
        while data := client.recv(4096):
            client.sendall(data.upper())
    except OSError:
        pass
    clients.discard(client)
    client.close()


def main(port):
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    listener = socket.create_server(("127.0.0.1", port), backlog=100)
    threading.Thread(target=accept_all, args=(listener,), daemon=True).start()
    print("serving", flush=True)
    os.read(wake_r, 1)
    print("stopping", flush=True)
    listener.close()
    for client in list(clients):
        client.shutdown(socket.SHUT_RDWR)
    os.close(wake_r)
    os.close(wake_w)
    return 5


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
