# corpus
#   what: epoll, level-triggered, with dictionaries of connections and of what is owed to each; one long function
#   service: upper
#   run: {file} -p {port}
#   unit: - server epoll
#   finds: IOM105 IOM111 IOM208
# /corpus
import getopt
import select
import socket
import sys


def run(port, backlog=128):
    serversocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    serversocket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    serversocket.bind(('127.0.0.1', port))
    serversocket.listen(backlog)
    serversocket.setblocking(0)

    ep = select.epoll()
    ep.register(serversocket.fileno(), select.EPOLLIN)
    conns = {}
    owed = {}
    last = {}       # no more input from these: to be closed when nothing is owed

    try:
        while True:
            for fileno, what in ep.poll(1):
                if fileno == serversocket.fileno():
                    conn, peer = serversocket.accept()
                    conn.setblocking(0)
                    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    ep.register(conn.fileno(), select.EPOLLIN)
                    conns[conn.fileno()] = conn
                    owed[conn.fileno()] = b''
                    last[conn.fileno()] = False
                    continue
                try:
                    if what & select.EPOLLIN:
                        data = conns[fileno].recv(4096)
                        owed[fileno] += data.upper()
                        if data == b'':
                            last[fileno] = True
                        ep.modify(fileno, select.EPOLLOUT)
                    elif what & select.EPOLLOUT:
                        if owed[fileno]:
                            n = conns[fileno].send(owed[fileno])
                            owed[fileno] = owed[fileno][n:]
                        if not owed[fileno] and not last[fileno]:
                            ep.modify(fileno, select.EPOLLIN)
                    elif what & (select.EPOLLHUP | select.EPOLLERR):
                        raise OSError('hung up')
                except OSError:
                    owed[fileno] = b''
                    last[fileno] = True
                if last[fileno] and not owed[fileno]:
                    ep.unregister(fileno)
                    conns[fileno].close()
                    del conns[fileno], owed[fileno], last[fileno]
    finally:
        ep.unregister(serversocket.fileno())
        ep.close()
        serversocket.close()


if __name__ == '__main__':
    opts = dict(getopt.getopt(sys.argv[1:], 'p:b:')[0])
    run(int(opts['-p']), int(opts.get('-b', 128)))
