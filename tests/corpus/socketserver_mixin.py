# corpus
#   what: ThreadingMixIn, setup and finish, a check of the peer, a count without a lock, shutdown from a thread
#   service: upper
#   run: {file} {port}
#   unit: ShoutHandler server socketserver
#   unit: ShoutServer server socketserver
#   finds: IOM104 IOM105 IOM113 IOM207 IOM208 IOM209
# /corpus
import signal
import socket
import socketserver
import sys
import threading


class ShoutHandler(socketserver.BaseRequestHandler):
    def setup(self):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.count = 0

    def handle(self):
        try:
            for chunk in iter(lambda: self.request.recv(16 * 1024), b''):
                self.request.sendall(chunk.upper())
                self.count += len(chunk)
        except (ConnectionResetError, BrokenPipeError):
            pass

    def finish(self):
        self.server.served += 1
        self.server.bytes += self.count


class ShoutServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64
    friends = ('127.0.0.1', '::1')

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.served = 0
        self.bytes = 0

    def verify_request(self, request, client_address):
        if client_address[0] not in self.friends:
            sys.stderr.write('not for you: %s\n' % client_address[0])
            return False
        return True

    def handle_error(self, request, client_address):
        sys.stderr.write('%s:%d: %s\n' % (client_address + (sys.exc_info()[1],)))


def main():
    server = ShoutServer(('127.0.0.1', int(sys.argv[1])), ShoutHandler)

    def stop(signum, frame):
        # shutdown() waits for serve_forever() to return, and that one is below us on the stack
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
    sys.stderr.write('%d connections, %d bytes\n' % (server.served, server.bytes))


if __name__ == '__main__':
    main()
