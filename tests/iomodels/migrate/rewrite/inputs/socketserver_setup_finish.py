import socketserver
import sys
import logging
import threading

log = logging.getLogger(__name__)


class Base(socketserver.StreamRequestHandler):
    timeout = None
    wbufsize = 0

    def setup(self):
        socketserver.StreamRequestHandler.setup(self)
        self.asked = 0
        self.reply("hello")

    def reply(self, text):
        self.wfile.write(text.encode() + b"\n")
        self.wfile.flush()

    def finish(self):
        socketserver.StreamRequestHandler.finish(self)
        log.info("%s asked %d times", self.client_address, self.asked)


class Handler(Base):
    def handle(self):
        for line in self.rfile:
            words = line.decode().split()
            self.asked += 1
            if not words:
                continue
            method = getattr(self, "do_" + words[0].lower(), None)
            if method is None:
                self.reply("what?")
            elif words[0] == "PUT":
                self.server.put(words[1], words[2])
                self.reply("ok")
            elif words[0] == "GET":
                self.reply(str(self.server.get(words[1])))
            else:
                self.connection.close()
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(self, address):
        socketserver.ThreadingTCPServer.__init__(self, address, Handler, False)
        self.lock = threading.Lock()
        self.names = {}
        self.server_bind()
        self.server_activate()

    def put(self, name, value):
        with self.lock:
            self.names[name] = value

    def get(self, name):
        with self.lock:
            return self.names.get(name)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    server = Server(("", int(sys.argv[1])))
    server.daemon_threads = True
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
