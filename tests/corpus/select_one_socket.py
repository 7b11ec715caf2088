# corpus
#   what: one client at a time; select on a single socket does for a timeout of recv
#   service: upper
#   run: {file} {port}
#   unit: - server blocking
#   finds: IOM101 IOM104 IOM105 IOM109 IOM208
# /corpus
"""Upper-case server for one client at a time, which it leaves when nothing comes for a while."""

import contextlib
import select
import socket
import sys

PATIENCE = 30


class Silence(Exception):
    pass


def recv_or_give_up(sock, size, seconds):
    ready, _, _ = select.select([sock], [], [], seconds)
    if not ready:
        raise Silence("nothing for %s s" % seconds)
    return sock.recv(size)


def attend(client):
    while True:
        data = recv_or_give_up(client, 8192, PATIENCE)
        if not data:
            return
        client.sendall(data.upper())


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", int(sys.argv[1])))
    s.listen(128)
    while True:
        client, (host, port) = s.accept()
        with contextlib.closing(client):
            try:
                attend(client)
            except Silence as why:
                print(f"{host}:{port}: {why}", file=sys.stderr)
            except ConnectionError:
                pass


if __name__ == "__main__":
    main()
