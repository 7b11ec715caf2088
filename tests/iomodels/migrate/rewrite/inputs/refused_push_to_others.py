import asynchat
import asyncore


class Talker(asynchat.async_chat):
    def __init__(self, sock, room):
        super().__init__(sock)
        self.room, self.line = room, b""
        self.set_terminator(b"\n")

    def collect_incoming_data(self, data):
        self.line += data

    def found_terminator(self):
        for other in self.room.talkers:
            other.push(self.line + b"\n")  # refused: IOM903
        self.line = b""


class Room(asyncore.dispatcher):  # refused: IOM903
    def __init__(self):
        super().__init__()
        self.talkers = []
        self.create_socket()
        self.bind(("", 9999))
        self.listen(5)

    def handle_accepted(self, sock, address):
        self.talkers.append(Talker(sock, self))


room = Room()
asyncore.loop()  # refused: IOM903
