"""N threads on one epoll object, so that a request which computes holds nobody up: `python -m guide.exercises.epoll 8080 4`.

A client sends numbers, a line each, and is told the keys that so many rounds of PBKDF2 derive, with the interpreter lock free.
EPOLLONESHOT: a descriptor that was reported is not reported again, to any thread, until it is armed anew. So each client is in
one thread at a time, and its replies stay in order.
"""

import hashlib
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from select import EPOLLIN, EPOLLONESHOT, EPOLLOUT, epoll


@dataclass
class Client:
    connection: socket.socket
    rest: bytes = b""  # of what came, the line that has no end yet
    unsent: bytes = b""

    def turn(self) -> int:
        """Read or write once; what to wait for next, 0 at the end. Who does not read is not read from."""
        try:
            if not self.unsent:
                data = self.connection.recv(4096)
                *lines, self.rest = (self.rest + data).split(b"\n")
                self.unsent = b"".join(map(derive, lines))
                if not data or len(self.rest) > 100:  # no number is as long
                    return 0
            self.unsent = self.unsent[self.connection.send(self.unsent) :]
        except BlockingIOError:
            pass  # what epoll reported is a hint; the next report will do (select(2), BUGS)
        except (OSError, ValueError, OverflowError):  # it has gone, or has not said a number of rounds
            return 0
        return EPOLLOUT if self.unsent else EPOLLIN


def derive(line: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", int(line)).hex().encode() + b"\n"


def work(poller: epoll, listener: socket.socket, clients: dict[int, Client]) -> None:
    while True:
        [(descriptor, _)] = poller.poll(maxevents=1)  # one: whom this thread took along, no other could serve
        if descriptor == listener.fileno():
            try:
                connection, _ = listener.accept()
                connection.setblocking(False)
                clients[connection.fileno()] = Client(connection)
                poller.register(connection, EPOLLIN | EPOLLONESHOT)
            except OSError:  # EMFILE, or it has gone again (accept(2)): the listener rests, the other threads do not
                time.sleep(1)
            poller.modify(listener, EPOLLIN | EPOLLONESHOT)
        elif wanted := clients[descriptor].turn():
            poller.modify(descriptor, wanted | EPOLLONESHOT)
        else:
            clients.pop(descriptor).connection.close()  # first out of the table: from `close` on the number may be another's


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door, epoll() as shared, suppress(KeyboardInterrupt):
        door.setblocking(False)
        shared.register(door, EPOLLIN | EPOLLONESHOT)
        everything = shared, door, dict[int, Client]()
        for _ in range(int(sys.argv[2]) - 1):
            threading.Thread(target=work, args=everything, daemon=True).start()
        print("listening on {}:{}".format(*door.getsockname()), flush=True)
        work(*everything)
