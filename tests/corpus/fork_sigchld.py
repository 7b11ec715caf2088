# corpus
#   what: process for each connection, children collected by a SIGCHLD handler
#   service: upper
#   run: {file} {port}
#   unit: - server fork
#   finds: IOM103 IOM104 IOM105 IOM210
# /corpus
import errno
import os
import signal
import socket
import sys

BACKLOG = 64


def grim_reaper(signum, frame):
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except OSError:
            return
        if pid == 0:  # no more zombies
            return


def handle_request(client_connection):
    while True:
        request = client_connection.recv(1024)
        if not request:
            return
        client_connection.sendall(request.upper())


def serve_forever(port):
    listen_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listen_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listen_socket.bind(('127.0.0.1', port))
    listen_socket.listen(BACKLOG)

    signal.signal(signal.SIGCHLD, grim_reaper)

    while True:
        try:
            client_connection, client_address = listen_socket.accept()
        except IOError as e:
            code, msg = e.args
            # restart 'accept' if it was interrupted
            if code == errno.EINTR:
                continue
            else:
                raise

        pid = os.fork()
        if pid == 0:  # child
            listen_socket.close()  # close child copy
            try:
                handle_request(client_connection)
            except ConnectionError:
                os._exit(1)
            client_connection.close()
            os._exit(0)
        else:  # parent
            client_connection.close()  # close parent copy and loop over


if __name__ == '__main__':
    serve_forever(int(sys.argv[1]))
