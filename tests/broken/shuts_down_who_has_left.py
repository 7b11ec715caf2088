"""When it is to stop, it shuts every connection down, and one that was reset says that it is none any more."""

import socket

from tests.broken._servers import Loop

CAUGHT_BY = ("stop/as-all-leave",)


class Broken(Loop):
    def ring(self) -> None:
        super().ring()
        for client in self.clients.values():
            client.connection.shutdown(socket.SHUT_RD)


Broken().run()
