"""It leaves SIGINT to Python, which raises KeyboardInterrupt."""

import signal

from tests.broken._servers import Threads

CAUGHT_BY = ("stop/interrupt-likewise",)
PERHAPS_BY = ("stop/twice-idle",)


class Broken(Threads):
    def handle_signals(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)


Broken().run()
