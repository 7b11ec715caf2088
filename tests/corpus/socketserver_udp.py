# corpus
#   what: socketserver.UDPServer: the request is the datagram and the socket to answer with
#   service: own
#   run: {file} {port}
#   unit: Datagram server socketserver
#   unit: RawDatagram server socketserver
#   finds: IOM113
# /corpus
"""Answers each datagram with its bytes upper-cased; `count` alone with the number of datagrams so far."""

import socketserver
import sys


class Datagram(socketserver.DatagramRequestHandler):
    total = 0

    def handle(self):
        Datagram.total += 1
        data = self.rfile.read()
        if data.strip() == b"count":
            self.wfile.write(b"%d" % Datagram.total)
        else:
            self.wfile.write(data.upper())


class RawDatagram(socketserver.BaseRequestHandler):
    """The same without files round it, for --raw."""

    def handle(self):
        data, sock = self.request
        Datagram.total += 1
        reply = b"%d" % Datagram.total if data.strip() == b"count" else data.upper()
        sock.sendto(reply, self.client_address)


def main(argv):
    handler = RawDatagram if "--raw" in argv else Datagram
    with socketserver.UDPServer(("127.0.0.1", int(argv[1])), handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv)
