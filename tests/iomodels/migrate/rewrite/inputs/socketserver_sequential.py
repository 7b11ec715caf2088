"""One client after the other."""

import sys
from socketserver import BaseRequestHandler, TCPServer


class Handler(BaseRequestHandler):
    def handle(self):
        sock = self.request
        while True:
            try:
                data = sock.recv(1024)
            except ConnectionResetError:
                break
            if not data:
                break
            sock.sendall(data.upper())


TCPServer.allow_reuse_address = True
TCPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
