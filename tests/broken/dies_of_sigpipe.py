"""SIGPIPE has its default action, as in a C program that forgot it."""

import signal

from tests.broken._servers import Threads

CAUGHT_BY = ("reset/broken-pipe",)


class Broken(Threads):
    def handle_signals(self) -> None:
        super().handle_signals()
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


Broken().run()
