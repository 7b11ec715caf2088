"""One client: its socket, its conversation, and how it ends. What every model would repeat is decided here, once.

A peer works the same on blocking and on non-blocking sockets, so a model only decides when to call it:

    peer.receive()            # read once, and let the conversation take what came
    wanted = peer.reply()     # send what is owed; what to wait for next: POLLIN, POLLOUT, both, or 0 when it is over
    peer.close()

Neither raises. A client that vanishes (ECONNRESET, EPIPE: Python ignores SIGPIPE) and a conversation that fails cost
that client alone and one line in the log.
"""

import logging
import socket
import time
from contextlib import suppress
from select import POLLIN, POLLOUT
from typing import TYPE_CHECKING

from models.ground.conversation import Conversation, Service

if TYPE_CHECKING:
    from models.ground.listener import Listener

__all__ = ["CHUNK", "LINGER", "POLLIN", "POLLOUT", "Peer"]

CHUNK = 64 * 1024  # bytes asked of one receive: a full loopback segment, and the bound of what one turn can cost
LINGER = 2.0  # seconds that a client has to close after our FIN

log = logging.getLogger("models")


class Peer:
    """One client of a listener.

    descriptor: its number, known after `close` still.
    interest: the model's own note of what it waits for.
    stuck: the kernel took no more when last asked (EAGAIN); cleared by the model, when it is told that there is room again.
    """

    __slots__ = (
        "_input_ended",
        "_listener",
        "_patient",
        "address",
        "connection",
        "conversation",
        "descriptor",
        "interest",
        "stuck",
    )

    def __init__(self, listener: "Listener", connection: socket.socket, address: str, service: Service) -> None:
        self.connection = connection
        self.address = address
        self.descriptor = connection.fileno()
        self.interest = POLLIN
        self.stuck = False
        self._listener = listener
        self._patient = connection.getblocking()
        self._input_ended = False
        try:
            self.conversation = service()
        except Exception as error:  # a model waits for input first: the end of it is what it then finds
            self.fail(error)
            Peer.hang_up(self)

    def fileno(self) -> int:
        """The descriptor, as select and selectors ask for it."""
        return self.descriptor

    def be_patient(self) -> None:
        """Go on with blocking calls, in a process or thread of its own."""
        self.connection.setblocking(True)
        self._patient = True

    def receive(self) -> bool:
        """Read once and give what came to the conversation; False when a non-blocking socket had nothing."""
        try:
            data = self.connection.recv(CHUNK)
        except BlockingIOError:
            return False
        except OSError as error:
            self.lose(error)
        else:
            self.take(data)
        return True

    def take(self, data: bytes) -> None:
        """Give `data` to the conversation; b"" is the end of input."""
        if not data:
            self._input_ended = True
        try:
            self.conversation.receive(data)
        except Exception as error:  # a service may raise anything; its own client alone pays for it
            self.fail(error)

    def sent(self, count: int) -> None:
        """Have the conversation forget `count` bytes that the kernel took."""
        try:
            self.conversation.sent(count)
        except Exception as error:  # a dialogue answers the next request when the last reply has gone
            self.fail(error)

    def reply(self) -> int:
        """Send what is owed, all of it on a blocking socket and once on another; return what to wait for, 0 at the end."""
        conversation = self.conversation
        try:
            while unsent := conversation.unsent:
                conversation.sent(self.connection.send(unsent))
                if not self._patient:
                    break
        except BlockingIOError:
            self.stuck = True
        except OSError as error:
            self.lose(error)
            return 0
        except Exception as error:  # a dialogue answers the next request when the last reply has gone
            self.fail(error)
            return 0
        if conversation.wants_input and not conversation.unsent:
            return POLLIN
        return self.wanted()

    def wanted(self) -> int:
        """What to wait for: POLLIN, POLLOUT, both, or 0 when nothing is left to do but `close`."""
        conversation = self.conversation
        if conversation.finished:
            return 0 if self._input_ended else self._say_goodbye()
        if conversation.unsent:
            return POLLIN | POLLOUT if conversation.wants_input else POLLOUT
        return POLLIN

    def lose(self, error: OSError) -> None:
        """Give the client up: it has reset the connection, or it cannot be reached."""
        log.info("client %s lost: %s", self.address, error.strerror or error)
        self._give_up()

    def refuse(self, reason: str) -> None:
        """Turn the client away, and say why in the log."""
        log.warning("client %s turned away: %s", self.address, reason)
        self.close()

    def hang_up(self) -> None:
        """Let it see the end of its input: what was received before it is answered still, then the conversation ends."""
        with suppress(OSError):  # it has gone already
            self.connection.shutdown(socket.SHUT_RD)

    def half_close(self) -> None:
        """Send FIN: no more will be said. Raises OSError."""
        self.connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the connection; its descriptor may be reused by the next client from here on."""
        self._listener.forget(self)

    def _say_goodbye(self) -> int:
        # Closing while input is queued or under way makes the kernel send RST, and the RST destroys the end of our reply on its
        # way (RFC 1122, 4.2.2.13; RFC 9112, 9.6). So: FIN first, then read and throw away until the client has closed as well.
        try:
            self.half_close()
        except OSError:  # the client was quicker: ENOTCONN
            self._give_up()
            return 0
        self.conversation = _Silence()
        return POLLIN

    def fail(self, error: Exception) -> None:
        """Give the client up: its conversation raised."""
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where is not None else "?"
        log.error("client %s closed: its conversation raised %r at %s", self.address, error, place)
        self._give_up()

    def _give_up(self) -> None:
        self._input_ended = True
        self.conversation = _Silence()
        self.conversation.end()


class _Silence(Conversation):
    """Nothing is left to say: input is thrown away until it ends, or until the deadline."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self.deadline = time.monotonic() + LINGER

    def receive(self, data: bytes) -> None:
        if not data:
            self.end()
