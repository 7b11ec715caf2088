"""Time limits: of the listening socket, so that a flag is looked at, and of each call on a connection."""

import signal
import socket
import sys

IDLE = 5 * 60
running = True


def stop(signum, frame):
    global running
    running = False


def handle(client):
    client.settimeout(IDLE)
    try:
        while data := client.recv(8192):
            client.sendall(data.upper())
    except socket.timeout:
        print("idle")
    except OSError as error:
        print("lost", error)
    client.close()


def main():
    signal.signal(signal.SIGTERM, stop)
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    listener.settimeout(0.5)
    while running:
        try:
            client, _ = listener.accept()
        except socket.timeout:
            continue
        handle(client)


if __name__ == "__main__":
    main()
