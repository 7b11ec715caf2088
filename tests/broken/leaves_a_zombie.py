"""It collects children only when the next client comes."""

import signal

from tests.broken._servers import Forks

CAUGHT_BY = ("leaks/no-zombies",)
PROFILE = {"isolation": "process"}


class Broken(Forks):
    def handle_signals(self) -> None:
        super().handle_signals()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


Broken().run()
