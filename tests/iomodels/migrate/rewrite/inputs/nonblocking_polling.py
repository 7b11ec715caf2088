"""Everybody is asked, again and again; `accept` stands in the loop, and clients are counted."""

import socket
import sys
import time

listed = []


def serve(sock):
    """One question of one client."""
    try:
        question = sock.recv(1000)
    except (BlockingIOError, InterruptedError):
        return False
    except OSError as error:
        print("lost", error)
        sock.close()
        listed.remove(sock)
        return True
    if not question:
        listed.remove(sock)
        sock.close()
        return True
    answer = question.upper()
    while answer:
        try:
            sent = sock.send(answer)
            answer = answer[sent:]
        except BlockingIOError:
            time.sleep(0.001)
    return True


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    listener.setblocking(0)
    while True:
        busy = False
        try:
            sock, address = listener.accept()
        except BlockingIOError:
            pass
        else:
            print("from", address)
            sock.setblocking(False)
            listed.append(sock)
        for sock in list(listed):
            busy |= serve(sock)
        if not busy:
            time.sleep(0.001)


if __name__ == "__main__":
    main()
