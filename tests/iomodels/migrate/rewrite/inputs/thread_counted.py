"""A thread for each client, and how many there are, told whenever one comes."""

import socket
import sys
import threading


def serve(conn):
    with conn:
        while data := conn.recv(4096):
            conn.sendall(data.upper())


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        conn, address = listener.accept()
        threading.Thread(target=serve, args=(conn,)).start()
        print("clients:", threading.active_count() - 1, flush=True)


main()
