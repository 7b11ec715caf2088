"""So many clients, one after the other, then the end."""

import socket
import sys


def serve(count):
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    total = 0
    for number in range(count):
        conn, _ = listener.accept()
        if number == 3:
            conn.close()
            continue
        data = conn.recv(100)
        total += len(data)
        conn.sendall(data.upper())
        conn.close()
    listener.close()
    return total


if __name__ == "__main__":
    print(serve(5))
