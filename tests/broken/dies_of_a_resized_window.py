"""It takes SIGWINCH for the end."""

import signal

from tests.broken._servers import Threads

CAUGHT_BY = ("signals/storm-of-ignored", "signals/storm-then-terminate")


class Broken(Threads):
    def handle_signals(self) -> None:
        super().handle_signals()
        signal.signal(signal.SIGWINCH, self.stop)


Broken().run()
