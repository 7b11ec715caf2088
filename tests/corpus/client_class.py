# corpus
#   what: blocking client as a class, connect, send and receive in methods, timeouts, reconnecting
#   service: own
#   run: {file} {port} hello world
#   unit: LineClient client blocking
#   finds: IOM107 IOM104 IOM105 IOM108 IOM201
# /corpus
"""Says each of its further arguments to a line server, and prints the replies. Then QUIT. Exit status 1, and a line on standard
error, when the server does not answer in time or leaves."""
import socket
import sys
import time


class ProtocolError(Exception):
    pass


class LineClient:
    connect_timeout = 5.0
    read_timeout = 10.0
    attempts = 3

    def __init__(self, host, port):
        self.host = host
        self.port = port
        self.sock = None
        self.buffer = b""

    def connect(self):
        for attempt in range(self.attempts):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.sock.settimeout(self.connect_timeout)
            try:
                self.sock.connect((self.host, self.port))
            except ConnectionRefusedError:
                self.sock.close()
                if attempt == self.attempts - 1:
                    raise
                time.sleep(0.1 * (attempt + 1))
            else:
                self.sock.settimeout(self.read_timeout)
                return

    def send(self, text):
        self.sock.send(text.encode("ascii") + b"\r\n")

    def receive(self):
        while b"\n" not in self.buffer:
            try:
                data = self.sock.recv(1024)
            except socket.timeout:
                raise ProtocolError("no answer within %g s" % self.read_timeout)
            if not data:
                raise ProtocolError("server left")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("ascii")

    def ask(self, text):
        self.send(text)
        return self.receive()

    def close(self):
        if self.sock is not None:
            self.sock.close()
            self.sock = None


def main(argv):
    client = LineClient("127.0.0.1", int(argv[1]))
    try:
        client.connect()
        for word in argv[2:]:
            print(client.ask(word))
        print(client.ask("QUIT"))
    except (ProtocolError, OSError) as error:
        print("%s: %s" % (argv[0], error), file=sys.stderr)
        return 1
    finally:
        client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
