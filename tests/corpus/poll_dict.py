# corpus
#   what: poll, with a dictionary from descriptors to sockets; a connection is closed before it is unregistered
#   service: upper
#   run: {file} {port}
#   unit: - server poll
#   finds: IOM105 IOM111 IOM204 IOM206 IOM208
# /corpus
import select
import socket
import sys

ERRORS = select.POLLERR | select.POLLHUP | select.POLLNVAL


def serve(port):
    lsock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    lsock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    lsock.bind(('127.0.0.1', port))
    lsock.listen(128)

    poller = select.poll()
    poller.register(lsock, select.POLLIN)
    fd_map = {lsock.fileno(): lsock}

    while True:
        for fd, event in poller.poll():
            sock = fd_map[fd]
            if sock is lsock:
                conn, addr = lsock.accept()
                poller.register(conn, select.POLLIN)
                fd_map[conn.fileno()] = conn
                continue

            gone = False
            if event & select.POLLIN:
                try:
                    data = sock.recv(4096)
                    sock.sendall(data.upper())
                    gone = not data
                except OSError:
                    gone = True
            elif event & ERRORS:
                gone = True

            if gone:
                sock.close()
                poller.unregister(fd)
                del fd_map[fd]


if __name__ == '__main__':
    serve(int(sys.argv[1]))
