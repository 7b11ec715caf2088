"""A chat: names, rooms, and nobody who falls asleep. chat.py PORT [SECONDS in which a client must say something]"""

import asynchat
import asyncio
import sys
import time

from iomodels.bridge import asyncore

LONGEST = 1024  # bytes of a line, or of what is pasted
rooms = {}  # by name: who is there
names = {}  # by name: who has it


class Member(asynchat.async_chat):
    def __init__(self, connection, idle):
        super().__init__(connection)
        self.idle = idle
        self.heard = time.monotonic()
        self.name = self.room = None
        self.incoming = []
        self.leaving = False
        self.set_terminator(b"\n")
        self.say("! who are you?")

    def say(self, text):
        self.push(text.encode("utf-8", "surrogateescape") + b"\n")

    def readable(self):
        if not self.leaving and time.monotonic() - self.heard > self.idle:
            self.leave("! you sleep")
        return super().readable()

    def collect_incoming_data(self, data):
        self.incoming.append(data)
        if sum(map(len, self.incoming)) > LONGEST:
            self.leave("! too long")

    def found_terminator(self):
        data = b"".join(self.incoming)
        self.incoming = []
        if self.leaving:
            return
        self.heard = time.monotonic()
        if isinstance(self.get_terminator(), bytes):
            self.line(data.rstrip(b"\r").decode("utf-8", "surrogateescape"))
        else:
            self.set_terminator(b"\n")
            self.tell("%s pastes\n%s" % (self.name, data.decode("utf-8", "surrogateescape")))

    def line(self, text):
        command, _, rest = text.partition(" ")
        if self.name is None:
            if not text.isalnum() or text in names:
                self.say("! choose another name")
                return
            self.name = text
            names[text] = self
            self.enter("lobby")
        elif command == "/join" and rest:
            self.exit()
            self.enter(rest)
        elif command == "/who":
            self.say("* here: " + " ".join(sorted(member.name for member in rooms[self.room])))
        elif command == "/paste" and rest.isdecimal() and 0 < int(rest) <= LONGEST:
            self.set_terminator(int(rest))
        elif command == "/quit":
            self.leave("* bye")
        else:
            self.tell("%s: %s" % (self.name, text))

    def tell(self, text):
        for member in [*rooms[self.room]]:
            if member is not self:
                member.say(text)

    def enter(self, room):
        self.room = room
        rooms.setdefault(room, []).append(self)
        self.say("* you are in " + room)
        self.tell("* %s is here" % self.name)

    def exit(self):
        if self.room is not None:
            rooms[self.room].remove(self)
            self.tell("* %s has gone" % self.name)
            self.room = None

    def leave(self, text):
        if not self.leaving:
            self.leaving = True
            self.say(text)
            self.close_when_done()

    def handle_close(self):
        self.exit()
        names.pop(self.name, None)
        self.close()


class Chat(asyncore.dispatcher):
    def __init__(self, port, idle):
        super().__init__()
        self.idle = idle
        self.create_socket()
        self.set_reuse_addr()
        self.bind(("127.0.0.1", port))
        self.listen(5)

    def handle_accepted(self, connection, address):
        Member(connection, self.idle)


async def main(port, idle):
    Chat(port, idle)
    await asyncore.loop(timeout=0.1)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 600))
