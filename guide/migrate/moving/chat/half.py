"""A chat: names, rooms, and nobody who falls asleep. chat.py PORT [SECONDS in which a client must say something [N]]

Every Nth connection is on asyncio's streams, the others are on the bridge.
"""

import asynchat
import asyncio
import itertools
import sys
import time

from iomodels.bridge import asyncore

LONGEST = 1024  # bytes of a line, or of what is pasted
rooms = {}  # by name: who is there
names = {}  # by name: who has it


class Member:
    """Somebody who chats, however connected: `say` and `leave` are the connection's."""

    name = room = None
    pasting = 0  # bytes that come next, and are no line
    leaving = False

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

    def heard(self, data):
        """A line without its end, or what was to be pasted."""
        if self.pasting:
            self.pasting = 0
            self.tell("%s pastes\n%s" % (self.name, data.decode("utf-8", "surrogateescape")))
        else:
            self.line(data.rstrip(b"\r").decode("utf-8", "surrogateescape"))

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

    def gone(self):
        self.exit()
        names.pop(self.name, None)


class Channel(Member, asynchat.async_chat):
    """On the bridge."""

    def __init__(self, connection, idle):
        super().__init__(connection)
        self.idle = idle
        self.last = time.monotonic()
        self.incoming = []
        self.set_terminator(b"\n")
        self.say("! who are you?")

    def say(self, text):
        self.push(text.encode("utf-8", "surrogateescape") + b"\n")

    def readable(self):
        if not self.leaving and time.monotonic() - self.last > self.idle:
            self.leave("! you sleep")
        return super().readable()

    def collect_incoming_data(self, data):
        self.incoming.append(data)
        if sum(map(len, self.incoming)) > LONGEST:
            self.leave("! too long")

    def found_terminator(self):
        data = b"".join(self.incoming)
        self.incoming = []
        if not self.leaving:
            self.last = time.monotonic()
            self.heard(data)
            self.set_terminator(self.pasting or b"\n")

    def leave(self, text):
        if not self.leaving:
            self.leaving = True
            self.say(text)
            self.close_when_done()

    def handle_close(self):
        self.gone()
        self.close()


class Stream(Member):
    """On asyncio."""

    def __init__(self, reader, writer, idle):
        self.reader, self.writer, self.idle = reader, writer, idle

    def say(self, text):
        self.writer.write(text.encode("utf-8", "surrogateescape") + b"\n")

    def leave(self, text):
        self.leaving = True
        self.say(text)

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
            self.gone()
            self.writer.close()


class Chat(asyncore.dispatcher):
    def __init__(self, port, idle, every, group):
        super().__init__()
        self.idle, self.group = idle, group
        self.on_streams = itertools.cycle([True, *[False] * (every - 1)])
        self.create_socket()
        self.set_reuse_addr()
        self.bind(("127.0.0.1", port))
        self.listen(5)

    def handle_accepted(self, connection, address):
        if next(self.on_streams):
            self.group.create_task(attend(connection, self.idle))
        else:
            Channel(connection, self.idle)


async def attend(connection, idle):
    reader, writer = await asyncio.open_connection(sock=connection, limit=LONGEST)
    await Stream(reader, writer, idle).attend()


async def main(port, idle="600", every="2"):
    async with asyncio.TaskGroup() as group:
        Chat(int(port), float(idle), int(every), group)
        await asyncore.loop(timeout=0.1)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
