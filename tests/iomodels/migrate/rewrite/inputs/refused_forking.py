import socketserver


class Handler(socketserver.BaseRequestHandler):  # refused: IOM910
    def handle(self):
        self.request.sendall(self.request.recv(1024))


with socketserver.ForkingTCPServer(("", 9999), Handler) as server:  # refused: IOM910
    server.serve_forever()
