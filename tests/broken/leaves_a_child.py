"""A child that holds the listener outlives it."""

import os
import signal
import socket

from tests.broken._servers import Threads

CAUGHT_BY = ("stop/nothing-left",)


class Broken(Threads):
    def listen(self, port: int) -> socket.socket:
        listener = super().listen(port)
        if os.fork() == 0:
            signal.pause()
        return listener


Broken().run()
