"""The connections that a bridged server has accepted, by descriptor: shut down from outside, however the server wraps them."""

import os
import socket
import threading

__all__ = ["Wire", "Wires"]

LOOK = 0.05  # seconds between looks at connections that ended up in threads of the program's own: nothing tells of their end


class Wire:
    """One accepted connection, or a request without one (a datagram), whose descriptor is None.

    It is known by descriptor and inode: TLS takes the descriptor over from the socket that `accept` made, and a number alone
    may by now be somebody else's.
    """

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = -1 if descriptor is None else descriptor
        self.inode = None if descriptor is None else os.fstat(descriptor).st_ino
        self.held = True  # its turn, or its worker, is not over
        self.request: object = None  # what get_request made of it

    @property
    def gone(self) -> bool:
        """Whether it has been closed."""
        try:
            return self.inode is None or os.fstat(self.descriptor).st_ino != self.inode
        except OSError:
            return True

    def shutdown(self, how: int) -> None:
        """Shut the descriptor itself down: `SSLSocket.shutdown` would drop the encryption of a reply in flight."""
        if self.gone:
            return
        try:
            blocking = os.get_blocking(self.descriptor)
            # Given its kind, the constructor asks nothing; a default timeout (socket.setdefaulttimeout) makes it non-blocking.
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=self.descriptor)
            try:
                os.set_blocking(self.descriptor, blocking)
                sock.shutdown(how)
            finally:
                sock.detach()
        except OSError:  # not connected any more, or closed between two of these lines
            pass

    def close(self) -> None:
        """Close it under a handler that does not end: whatever that handler does with it from here on fails with EBADF."""
        self.shutdown(socket.SHUT_RDWR)
        request = self.request
        if isinstance(request, socket.socket):
            try:
                request.shutdown(socket.SHUT_RDWR)  # an SSLSocket forgets its SSL object, which knows the descriptor
            except OSError:
                pass
            descriptor = request.detach()
            if descriptor >= 0:
                os.close(descriptor)


class Wires:
    """All of a server's connections; safe to use from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._wires: set[Wire] = set()
        self._how: int | None = None
        self._abandoned = False

    def add(self, descriptor: int | None) -> Wire:
        """A connection was accepted. One that comes after `shutdown` is shut down at once."""
        wire = Wire(descriptor)
        with self._changed:
            self._wires = {each for each in self._wires if each.held or not each.gone}
            self._wires.add(wire)
            if self._how is not None:
                wire.shutdown(self._how)
        return wire

    def release(self, *wires: Wire) -> None:
        """What was to be done with them is done. Those that are still open are in hands of the program's own."""
        with self._changed:
            for wire in wires:
                wire.held, wire.request = False, None
                if wire.gone:
                    self._wires.discard(wire)
            self._changed.notify_all()

    def shutdown(self, how: int) -> None:
        """Shut down all there are and all to come. how: SHUT_RD, SHUT_RDWR."""
        with self._changed:
            self._how = how
            for wire in self._wires:
                wire.shutdown(how)
            self._changed.notify_all()

    def abandon(self) -> int:
        """Close what is still open, and wait no more. Returns how many handlers are left running."""
        with self._changed:
            left = [wire for wire in self._wires if wire.held]
            for wire in self._wires:
                wire.close()
            self._wires.clear()
            self._abandoned = True
            self._changed.notify_all()
            return len(left)

    def wait(self) -> None:
        """Block until all are over, or abandoned. Those in the program's own hands are waited for until all is shut."""
        with self._changed:
            while not self._abandoned:
                self._wires = {each for each in self._wires if each.held or not each.gone}
                held = all(each.held for each in self._wires)
                if not self._wires or (not any(each.held for each in self._wires) and self._how == socket.SHUT_RDWR):
                    return
                self._changed.wait(None if held else LOOK)
