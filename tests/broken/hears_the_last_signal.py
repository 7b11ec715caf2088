"""Its handler leaves a signal's number where the next one overwrites it."""

import signal
import threading
import time
from types import FrameType

from tests.broken._servers import Threads

CAUGHT_BY = ("signals/storm-then-terminate",)


class Broken(Threads):
    def handle_signals(self) -> None:
        self.last = 0
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGWINCH, signal.SIGCHLD, signal.SIGURG, signal.SIGCONT):
            signal.signal(number, self.note)
        threading.Thread(target=self.look, daemon=True).start()

    def note(self, number: int, _: FrameType | None) -> None:
        self.last = number

    def look(self) -> None:
        while self.last not in (signal.SIGTERM, signal.SIGINT):
            time.sleep(0.01)
        self.stop(self.last, None)


Broken().run()
