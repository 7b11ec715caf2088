"""What comes in is passed on to another port, and back: two threads for each client, one of which the other waits for."""

import socket
import sys
import threading


def pipe(source, sink):
    try:
        while True:
            data = source.recv(8192)
            if not data:
                break
            sink.sendall(data)
    except OSError as why:
        print("lost", why)
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def handle(client, behind):
    try:
        server = socket.create_connection(("127.0.0.1", behind), timeout=5)
    except OSError as why:
        print("nobody", why)
        client.close()
        return
    server.settimeout(None)
    back = threading.Thread(target=pipe, args=(server, client))
    back.start()
    pipe(client, server)
    back.join()
    client.close()
    server.close()


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        client, _ = listener.accept()
        threading.Thread(target=handle, args=(client, int(sys.argv[2])), daemon=True).start()


if __name__ == "__main__":
    main()
