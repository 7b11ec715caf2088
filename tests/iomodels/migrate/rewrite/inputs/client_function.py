"""A client as functions, with a time limit for each call; where nobody listens it says so."""

import socket
import sys

TIMEOUT = 5.0


def ask(port, question):
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as sock:
        sock.sendall(question)
        sock.shutdown(socket.SHUT_WR)
        chunks = []
        while chunk := sock.recv(4096):
            chunks.append(chunk)
    return b"".join(chunks)


def knock(port):
    # both of its addresses
    try:
        sock = socket.create_connection(("localhost", port), timeout=TIMEOUT)
    except ConnectionRefusedError:
        return "nobody"
    sock.close()
    return "somebody"


def main(port, nobody=None):
    if nobody is not None:
        print(knock(nobody))
    print(knock(port))
    try:
        print(ask(port, b"first\n").decode().strip())
    except (socket.timeout, ConnectionError) as error:
        print(error)


if __name__ == "__main__":
    main(int(sys.argv[1]), nobody=int(sys.argv[2]))
