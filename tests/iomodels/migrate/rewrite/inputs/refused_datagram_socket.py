import socketserver


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data = self.request[0]
        self.server.socket.sendto(data.upper(), self.client_address)  # refused: IOM930


with socketserver.UDPServer(("", 9999), Handler) as server:
    server.serve_forever()
