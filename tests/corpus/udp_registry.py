# corpus
#   what: UDP loop, a registry that answers where it was asked from
#   service: own
#   run: {file} {port}
#   unit: Registry server udp
#   finds: IOM114
# /corpus
"""Who is where: a datagram a question, a datagram an answer.

HELLO name      OK n            the sender is known by this name from now on; n are known
WHERE name      AT host:port    or NOBODY
BYE name        OK n            only its owner may say so, else DENIED
anything else   WHAT?
"""

import socket
import sys

MAX_DATAGRAM = 1500


class Registry:
    def __init__(self, port):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", port))
        self.members = {}

    def loop(self):
        while True:
            data, source = self.sock.recvfrom(MAX_DATAGRAM)
            try:
                text = data.decode("ascii").strip()
            except UnicodeDecodeError:
                continue
            answer = self.dispatch(text, source)
            self.sock.sendto(answer.encode("ascii"), source)

    def dispatch(self, text, source):
        verb, _, name = text.partition(" ")
        method = getattr(self, "do_" + verb.lower(), None)
        if method is None or not name:
            return "WHAT?"
        return method(name, source)

    def do_hello(self, name, source):
        self.members[name] = source
        return "OK %d" % len(self.members)

    def do_where(self, name, source):
        if name not in self.members:
            return "NOBODY"
        return "AT %s:%d" % self.members[name]

    def do_bye(self, name, source):
        if self.members.get(name) != source:
            return "DENIED"
        del self.members[name]
        return "OK %d" % len(self.members)


if __name__ == "__main__":
    Registry(int(sys.argv[1])).loop()
