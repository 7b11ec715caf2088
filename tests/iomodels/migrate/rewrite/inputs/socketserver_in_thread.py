import signal
import socketserver
import sys
import threading


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        while True:
            data = str(self.request.recv(1024), "ascii")
            if not data:
                return
            cur_thread = threading.current_thread()
            self.request.sendall(bytes(self.server.word + " " + data.upper(), "ascii"))


class ThreadedTCPServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    word = "serving"


if __name__ == "__main__":
    server = ThreadedTCPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    with server:
        ip, port = server.server_address
        server_thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        server_thread.daemon = True
        try:
            server_thread.start()
            print("Server loop running in thread:", server_thread.name)
            signal.pause()
        except KeyboardInterrupt:
            pass
        server.shutdown()
        server_thread.join()
        server.word = "stopped"
    print("closed")
