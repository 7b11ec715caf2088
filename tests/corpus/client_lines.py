# corpus
#   what: blocking line client: standard input to the server, its replies to standard output
#   service: own
#   run: {file} {port}
#   unit: main client blocking
#   finds: IOM107 IOM105 IOM202
# /corpus
"""Each line of standard input is sent to a server that answers a line with a line; what it says is printed. At the end of input, or
after the line "quit", it leaves. Exit status 1 when the server cannot be reached or hangs up."""
import socket
import sys


def main():
    host = "localhost"
    port = int(sys.argv[1])
    try:
        s = socket.create_connection((host, port))
    except OSError as e:
        print("cannot connect to %s:%d: %s" % (host, port, e), file=sys.stderr)
        return 1
    for line in sys.stdin:
        s.sendall(line.encode("utf-8"))
        reply = s.recv(4096)
        if not reply:
            print("server closed the connection", file=sys.stderr)
            s.close()
            return 1
        sys.stdout.write(reply.decode("utf-8"))
        if line.strip().lower() == "quit":
            break
    s.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
