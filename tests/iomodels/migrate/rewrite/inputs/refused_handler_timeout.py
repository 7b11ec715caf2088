import socketserver


class Handler(socketserver.StreamRequestHandler):
    timeout = 30  # refused: IOM908

    def handle(self):
        self.wfile.write(self.rfile.readline())


socketserver.ThreadingTCPServer(("", 9999), Handler).serve_forever()
