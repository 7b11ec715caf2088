import socketserver

from handlers import Handler


class Unused(socketserver.BaseRequestHandler):  # refused: IOM930
    def handle(self):
        self.request.sendall(self.request.recv(10))


socketserver.ThreadingTCPServer(("", 9999), Handler).serve_forever()  # refused: IOM930
