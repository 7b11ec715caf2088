"""A chat: names, rooms, and nobody who falls asleep. chat.py PORT [SECONDS in which a client must say something]"""

import asyncio
import sys

LONGEST = 1024  # bytes of a line, or of what is pasted
rooms = {}  # by name: who is there
names = {}  # by name: who has it


class Member:
    name = room = None
    pasting = 0  # bytes that come next, and are no line
    leaving = False

    def __init__(self, reader, writer, idle):
        self.reader, self.writer, self.idle = reader, writer, idle

    def say(self, text):
        self.writer.write(text.encode("utf-8", "surrogateescape") + b"\n")

    async def attend(self):
        self.say("! who are you?")
        try:
            while not self.leaving:
                async with asyncio.timeout(self.idle):
                    data = await (self.reader.readexactly(self.pasting) if self.pasting else self.reader.readuntil(b"\n"))
                self.heard(data if self.pasting else data[:-1])
        except TimeoutError:
            self.leave("! you sleep")
        except asyncio.LimitOverrunError:
            self.leave("! too long")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.exit()
            names.pop(self.name, None)
            self.writer.close()

    def heard(self, data):
        """A line without its end, or what was to be pasted."""
        if self.pasting:
            self.pasting = 0
            self.tell("%s pastes\n%s" % (self.name, data.decode("utf-8", "surrogateescape")))
        else:
            self.line(data.rstrip(b"\r").decode("utf-8", "surrogateescape"))

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
            self.pasting = int(rest)
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
        self.leaving = True
        self.say(text)


async def main(port, idle):
    async def attend(reader, writer):
        await Member(reader, writer, idle).attend()

    server = await asyncio.start_server(attend, "127.0.0.1", port, limit=LONGEST, backlog=5)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 600))
