# corpus
#   what: socketserver.TCPServer, one client after the other, a handler on BaseRequestHandler
#   service: upper
#   run: {file} {port}
#   capacity: 1
#   unit: UpperHandler server socketserver
#   finds: IOM104 IOM105 IOM113
# /corpus
import socketserver
import sys


class UpperHandler(socketserver.BaseRequestHandler):
    """Upper-cases until the client has no more to say."""

    def handle(self):
        while True:
            data = self.request.recv(1024)
            if not data:
                break
            self.request.sendall(data.upper())


if __name__ == "__main__":
    HOST, PORT = "127.0.0.1", int(sys.argv[1])
    socketserver.TCPServer.allow_reuse_address = True
    with socketserver.TCPServer((HOST, PORT), UpperHandler) as server:
        server.serve_forever()
