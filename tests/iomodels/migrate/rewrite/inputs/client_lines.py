"""A client that reads what it is answered as lines, and hands them on one by one."""

import socket
import sys


def answers(host, port, questions):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.connect((host, port))
    except OSError as error:
        sock.close()
        sys.exit("%s: %s" % (host, error))
    file = sock.makefile("rwb")
    for question in questions:
        file.write(question + b"\n")
        file.flush()
        yield file.readline()
    file.close()
    sock.close()


def main():
    for answer in answers("localhost", int(sys.argv[1]), [b"one", b"two"]):
        print(answer.decode().strip())


if __name__ == "__main__":
    main()
