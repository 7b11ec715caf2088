import socketserver
import ssl


class Handler(socketserver.BaseRequestHandler):  # refused: IOM930
    def handle(self):
        self.request.sendall(self.request.recv(1024))


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
with socketserver.ThreadingTCPServer(("", 9999), Handler) as server:
    server.socket = context.wrap_socket(server.socket, server_side=True)  # refused: IOM930
    server.serve_forever()
