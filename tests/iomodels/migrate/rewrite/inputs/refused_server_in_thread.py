import socketserver
import threading


class Handler(socketserver.BaseRequestHandler):  # refused: IOM932
    def handle(self):
        self.request.sendall(self.request.recv(1024))


server = socketserver.ThreadingTCPServer(("", 9999), Handler)
thread = threading.Thread(target=server.serve_forever, daemon=True)  # refused: IOM932
thread.start()
input()
server.shutdown()
