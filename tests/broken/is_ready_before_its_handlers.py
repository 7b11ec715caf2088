"""It says that it is ready before it handles signals."""

import time

from tests.broken._servers import Threads

CAUGHT_BY = ("stop/before-first-client",)


class Broken(Threads):
    def run(self) -> None:
        self.say_ready()
        time.sleep(0.2)
        self.handle_signals()
        self.serve()


Broken().run()
