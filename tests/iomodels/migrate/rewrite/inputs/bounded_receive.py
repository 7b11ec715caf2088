"""A select on one connection limits the receive behind it: who is silent is told so, and who stays silent is put out."""

import select
import socket
import sys
import threading

IDLE = 0.5


def serve(client):
    silent = 0
    try:
        while True:
            # nothing for a while is no error
            ready, _, _ = select.select([client], [], [], IDLE)
            if not ready:
                silent += 1
                if silent == 2:
                    break
                client.sendall(b"?")
                continue
            data = client.recv(4096)
            if not data:
                break
            silent = 0
            client.sendall(data.upper())
    except OSError as error:
        print("lost", error)
    client.close()


def greeting(client):
    """Its first bytes, or none when there are none in time."""
    if not select.select((client,), (), (), IDLE)[0]:
        return b""
    return client.recv(1024)


def welcome(client):
    first = greeting(client)
    client.sendall(first.upper())
    serve(client)


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        client, address = listener.accept()
        threading.Thread(target=welcome, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()
