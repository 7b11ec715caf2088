# corpus
#   what: sequential line server on makefile
#   service: lines
#   run: {file} -p {port}
#   unit: - server blocking
#   finds: IOM101 IOM106
# /corpus
"""usage: blocking_makefile.py -p PORT"""

import getopt
import socket
import sys

MAXLINE = 65536


def session(rfile, wfile):
    while True:
        line = rfile.readline(MAXLINE + 1)
        if not line:
            return
        if len(line) > MAXLINE and not line.endswith(b"\n"):
            wfile.write(b"ERROR line too long\n")
            wfile.flush()
            return
        if not line.endswith(b"\n"):
            line += b"\n"
        word = line.rstrip(b"\r\n").upper()
        if word == b"QUIT":
            wfile.write(b"BYE" + line[4:])
            wfile.flush()
            return
        wfile.write(line.upper())
        wfile.flush()


def run(port):
    server = socket.create_server(("127.0.0.1", port), backlog=64)
    while True:
        sock, _ = server.accept()
        rfile = sock.makefile("rb")
        wfile = sock.makefile("wb")
        try:
            session(rfile, wfile)
        except ConnectionError as e:
            print("client went away:", e, file=sys.stderr)
        finally:
            try:
                wfile.close()
            except OSError:
                pass
            rfile.close()
            sock.close()


def main(argv):
    opts, _ = getopt.getopt(argv, "hp:")
    port = 9999
    for opt, val in opts:
        if opt == "-h":
            print(__doc__)
            return 0
        if opt == "-p":
            port = int(val)
    run(port)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
