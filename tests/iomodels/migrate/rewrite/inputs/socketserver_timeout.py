import socket
import socketserver
import sys

PATIENCE = 0.25


class Handler(socketserver.StreamRequestHandler):
    timeout: float = PATIENCE

    def setup(self):
        super().setup()
        self.lines = 0

    def handle(self):
        while True:
            try:
                line = self.rfile.readline()
            except socket.timeout:
                self.wfile.write(b"late after %d\n" % self.lines)
                continue
            except OSError as error:
                self.wfile.write(b"%s\n" % str(error).encode())
                break
            if not line:
                break
            self.lines += 1
            self.wfile.write(line.upper())


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads: bool = True


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
