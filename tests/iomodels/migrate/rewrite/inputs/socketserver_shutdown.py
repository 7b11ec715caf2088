import signal
import socket
import socketserver
import sys
import threading


class Handler(socketserver.BaseRequestHandler):
    def setup(self):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def handle(self):
        try:
            for chunk in iter(lambda: self.request.recv(16 * 1024), b""):
                self.request.sendall(chunk.upper())
        except (ConnectionResetError, BrokenPipeError):
            pass

    def finish(self):
        self.server.count()


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    request_queue_size = 64
    friends = ("127.0.0.1",)

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.served = 0

    def count(self):
        self.served += 1

    def verify_request(self, request, client_address):
        return client_address[0] in self.friends

    def handle_error(self, request, client_address):
        sys.stderr.write("%s: %s\n" % (client_address[0], sys.exc_info()[1]))


def main():
    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)

    def stop(signum, frame):
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
    print(server.served)


main()
