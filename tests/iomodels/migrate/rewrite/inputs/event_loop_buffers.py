"""select with a buffer for each connection in a table; those that are owed something are looked for before each wait."""

import select
import socket
import sys

BUFFER = 4096


def main(port):
    listener = socket.create_server(("127.0.0.1", port))
    listener.setblocking(False)
    clients = []
    outgoing = {}
    while True:
        waiting = [client for client in clients if outgoing[client]]
        readable, writable, _ = select.select([listener] + clients, waiting, [])
        for sock in readable:
            if sock is listener:
                client, _ = listener.accept()
                client.setblocking(False)
                clients.append(client)
                outgoing[client] = b""
                continue
            try:
                data = sock.recv(BUFFER)
            except ConnectionResetError:
                data = b""
            if data:
                outgoing[sock] += data.upper()
            else:
                clients.remove(sock)
                del outgoing[sock]
                sock.close()
        for peer in writable:
            if peer not in outgoing:
                continue
            try:
                count = peer.send(outgoing[peer])
            except BrokenPipeError:
                clients.remove(peer)
                del outgoing[peer]
                peer.close()
                continue
            outgoing[peer] = outgoing[peer][count:]


main(int(sys.argv[1]))
