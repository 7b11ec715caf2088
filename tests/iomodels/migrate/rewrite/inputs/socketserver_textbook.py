import socketserver


class ClientHandler(socketserver.StreamRequestHandler):

    def handle(self):
        # self.rfile is like a file
        self.data = self.rfile.readline().strip()
        print("{} wrote:".format(self.client_address[0]))
        print(self.data)
        # and so is self.wfile
        self.wfile.write(self.data.upper())


if __name__ == "__main__":
    HOST, PORT = "localhost", 9999

    # Create the server
    with socketserver.ThreadingTCPServer((HOST, PORT), ClientHandler) as server:
        # until Ctrl-C
        server.serve_forever()
