"""The loops of Python's HOWTO on sockets: one that sends what is left, and one that receives what is missing."""

import socket
import sys
import threading

LENGTH = 5


def send_all(sock, message):
    sent_so_far = 0
    while sent_so_far < len(message):
        sent = sock.send(message[sent_so_far:])
        if sent == 0:
            raise RuntimeError("socket connection broken")
        sent_so_far = sent_so_far + sent


def receive_all(sock):
    chunks = []
    received = 0
    while received < LENGTH:
        chunk = sock.recv(min(LENGTH - received, 2048))
        if chunk == b"":
            raise RuntimeError("socket connection broken")
        chunks.append(chunk)
        received = received + len(chunk)
    return b"".join(chunks)


def handle(sock):
    try:
        while True:
            send_all(sock, receive_all(sock).upper() * 50_000)
    except RuntimeError as error:
        send_all(sock, b"%s\n" % str(error).encode())
    finally:
        sock.close()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client, address = server.accept()
    threading.Thread(target=handle, args=(client,)).start()
