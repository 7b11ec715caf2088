import socketserver


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        if self.request.recv(10) == b"q":
            raise SystemExit  # refused: IOM909


class Server(socketserver.ThreadingTCPServer):  # refused: IOM909
    def __init__(self, handler):
        super().__init__(("", 9999), handler)


Server(Handler).serve_forever()
