import socketserver
import threading


class Handler(socketserver.BaseRequestHandler):  # refused: IOM932
    def handle(self):
        self.request.sendall(self.request.recv(1024))


with socketserver.ThreadingTCPServer(("", 9999), Handler) as server:
    threading.Thread(target=server.serve_forever).start()  # refused: IOM932
    input()
    server.shutdown()
