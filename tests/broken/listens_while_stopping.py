"""Asked to stop, it keeps its listener until the last of its clients has gone."""

import socket
import threading
from types import FrameType

from tests.broken._servers import Threads

CAUGHT_BY = ("stop/new-clients-are-refused",)


class Broken(Threads):
    def stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if not self.stopping:
            self.ring()
            threading.Thread(target=self.drain).start()

    def drain(self) -> None:
        for other in threading.enumerate():
            if other not in (threading.main_thread(), threading.current_thread()):
                other.join()
        self.listener.shutdown(socket.SHUT_RD)


Broken().run()
