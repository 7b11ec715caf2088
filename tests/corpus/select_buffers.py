# corpus
#   what: select with read, write and exception lists; non-blocking sockets; what is owed to each in a dictionary
#   service: upper
#   run: {file} {port}
#   unit: - server select
#   finds: IOM105 IOM111 IOM208
# /corpus
"""
Non-blocking upper-case server.

Every connection has a buffer in `pending`; a socket is in `writers` while its buffer has something in it.
"""
import logging
import select
import socket
import sys

log = logging.getLogger("upperd")

CHUNK = 32 * 1024

readers = []
writers = []
pending = {}
finished = set()    # said goodbye, but is still owed something


def make_server(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setblocking(0)
    s.bind(("127.0.0.1", port))
    s.listen(socket.SOMAXCONN)
    readers.append(s)
    return s


def forget(s):
    log.debug("closing %r", s)
    if s in readers:
        readers.remove(s)
    if s in writers:
        writers.remove(s)
    finished.discard(s)
    del pending[s]
    s.close()


def welcome(server):
    try:
        conn, addr = server.accept()
    except BlockingIOError:
        return
    log.info("connection from %s:%d", *addr)
    conn.setblocking(0)
    readers.append(conn)
    pending[conn] = bytearray()


def listen_to(s):
    try:
        data = s.recv(CHUNK)
    except BlockingIOError:
        return
    except socket.error as err:
        log.info("lost one: %s", err)
        forget(s)
        return
    if data:
        pending[s] += data.upper()
        if s not in writers:
            writers.append(s)
    elif pending[s]:
        finished.add(s)
        readers.remove(s)
    else:
        forget(s)


def talk_to(s):
    try:
        n = s.send(pending[s])
    except BlockingIOError:
        return
    except socket.error as err:
        log.info("lost one: %s", err)
        forget(s)
        return
    del pending[s][:n]
    if not pending[s]:
        writers.remove(s)
        if s in finished:
            forget(s)


def main():
    logging.basicConfig(level=logging.WARNING)
    server = make_server(int(sys.argv[1]))
    while readers:
        r, w, x = select.select(readers, writers, readers)
        for s in r:
            if s is server:
                welcome(server)
            elif s in pending:
                listen_to(s)
        for s in w:
            if s in pending:
                talk_to(s)
        for s in x:
            if s in pending:
                forget(s)


if __name__ == "__main__":
    main()
