import signal
import socketserver
import sys
from threading import Thread


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())


class Application:
    def __init__(self, port):
        self.server = socketserver.TCPServer(("127.0.0.1", port), Handler)
        self.thread = Thread(target=self.serve, name="server", daemon=True)

    def serve(self):
        print("serving")
        self.server.serve_forever(0.05)

    def stop(self):
        self.server.shutdown()
        print("stopped")
        self.server.server_close()


application = Application(int(sys.argv[1]))
signal.signal(signal.SIGTERM, lambda number, frame: application.stop())
application.thread.start()
application.thread.join()
print("closed")
