# corpus
#   what: chat room on select: what one says goes to all the others; each recv is taken for a message
#   service: own
#   run: {file} --port={port}
#   unit: ChatRoom server select
#   finds: IOM105 IOM111 IOM202 IOM206 IOM208
# /corpus
"""A chat room.

The first thing a guest says is a name, answered `welcome NAME`. What is said then reaches the others as `NAME: text`;
`/who` lists the names, `/bye` leaves. Comings and goings are told as `* NAME joined` and `* NAME left`.
"""

import optparse
import select
import socket


class Guest:
    def __init__(self, sock):
        self.sock = sock
        self.name = None

    def fileno(self):
        return self.sock.fileno()

    def tell(self, text):
        self.sock.sendall((text + "\n").encode("utf-8", "replace"))


class ChatRoom:
    def __init__(self, port):
        self.door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.door.bind(("127.0.0.1", port))
        self.door.listen(10)
        self.guests = []

    def open_door(self):
        sock, _ = self.door.accept()
        self.guests.append(Guest(sock))

    def broadcast(self, text, speaker=None):
        for guest in list(self.guests):
            if guest is not speaker and guest.name:
                try:
                    guest.tell(text)
                except OSError:
                    self.show_out(guest)

    def show_out(self, guest):
        if guest not in self.guests:
            return
        self.guests.remove(guest)
        guest.sock.close()
        if guest.name:
            self.broadcast("* %s left" % guest.name)

    def hear(self, guest):
        try:
            message = guest.sock.recv(2048).decode("utf-8", "replace")
        except OSError:
            message = ""
        if not message:
            self.show_out(guest)
            return
        message = message.strip()
        if guest.name is None:
            guest.name = message
            guest.tell("welcome " + message)
            self.broadcast("* %s joined" % message, guest)
        elif message == "/who":
            guest.tell(", ".join(sorted(g.name for g in self.guests if g.name)))
        elif message == "/bye":
            self.show_out(guest)
        elif message:
            self.broadcast("%s: %s" % (guest.name, message), guest)

    def host(self):
        while True:
            ready, _, _ = select.select([self.door] + self.guests, [], [])
            for who in ready:
                if who is self.door:
                    self.open_door()
                elif who in self.guests:
                    self.hear(who)


if __name__ == "__main__":
    parser = optparse.OptionParser()
    parser.add_option("--port", type="int", default=4000)
    opts, _ = parser.parse_args()
    try:
        ChatRoom(opts.port).host()
    except KeyboardInterrupt:
        pass
