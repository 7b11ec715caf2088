import socketserver
import sys


class WithFiles(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read().upper())


class Plain(socketserver.BaseRequestHandler):
    def handle(self):
        data = self.request[0].strip()
        socket = self.request[1]
        print("{} wrote: {}".format(self.client_address[0], data))
        socket.sendto(data.upper(), self.client_address)


handler = Plain if "--plain" in sys.argv else WithFiles
with socketserver.UDPServer(("localhost", 9999), handler) as server:
    server.serve_forever()
