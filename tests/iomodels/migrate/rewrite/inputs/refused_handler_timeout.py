import socketserver
import sys


class Handler(socketserver.StreamRequestHandler):
    timeout = float(sys.argv[2])  # refused: IOM908

    def handle(self):
        self.wfile.write(self.rfile.readline())


socketserver.ThreadingTCPServer(("", int(sys.argv[1])), Handler).serve_forever()
