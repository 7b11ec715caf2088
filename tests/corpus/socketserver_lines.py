# corpus
#   what: StreamRequestHandler, lines from rfile to wfile, on ThreadingTCPServer
#   service: lines
#   run: {file} --port {port}
#   unit: Lines server socketserver
#   unit: Server server socketserver
#   finds: IOM106 IOM113
# /corpus
"""Reads lines, and answers them in capitals."""

import argparse
from socketserver import StreamRequestHandler, ThreadingTCPServer

MAXLINE = 64 * 1024


class Lines(StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        try:
            self.talk()
        except ConnectionError as e:
            print("%s: %s" % (self.client_address[0], e), flush=True)

    def talk(self):
        while True:
            line = self.rfile.readline(MAXLINE + 1)
            if not line:
                break
            if not line.endswith(b"\n"):
                if len(line) > MAXLINE:
                    self.wfile.write(b"ERROR line too long\n")
                    break
                line += b"\n"
            word = line[:-1]
            if word.endswith(b"\r"):
                word = word[:-1]
            if word.upper() == b"QUIT":
                self.wfile.write(b"BYE" + line[4:])
                break
            self.wfile.write(line.upper())


class Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--host", default="127.0.0.1")
    ap.add_argument("--port", type=int, default=2323)
    args = ap.parse_args()
    with Server((args.host, args.port), Lines) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
