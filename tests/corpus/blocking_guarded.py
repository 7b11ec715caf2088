# corpus
#   what: sequential server that checks its peer's address and sets options on the connection
#   service: upper
#   run: {file} {port}
#   unit: - server blocking
#   finds: IOM101 IOM104 IOM105 IOM208 IOM209
# /corpus
"""Shouting service for the sensors in the lab.

Only the lab's own networks may talk to us. The sensors lose power without saying goodbye, so keep-alive is on:
otherwise one dead sensor would keep all the others waiting.
"""
import logging
import socket
import sys

ALLOWED_NETS = ("127.0.0.", "192.168.7.")
MAX_CHUNK = 4096

log = logging.getLogger("shouter")


def allowed(peer):
    return peer[0].startswith(ALLOWED_NETS)


def tune(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)


def talk(sock, peer):
    total = 0
    while True:
        chunk = sock.recv(MAX_CHUNK)
        if chunk == b"":
            break
        total += len(chunk)
        sock.sendall(chunk.upper())
    log.info("%s:%d sent %d bytes", peer[0], peer[1], total)


def serve_forever(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(socket.SOMAXCONN)
    while True:
        client, peer = listener.accept()
        if not allowed(peer):
            log.warning("refused %s", peer[0])
            client.close()
            continue
        tune(client)
        try:
            talk(client, peer)
        except OSError as err:
            log.error("%s:%d: %s", peer[0], peer[1], err)
        finally:
            client.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        serve_forever(int(sys.argv[1]))
    except KeyboardInterrupt:
        pass
