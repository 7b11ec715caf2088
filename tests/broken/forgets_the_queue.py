"""After an error of accept it waits for the next new client: those in the backlog are forgotten."""

import select

from tests.broken._servers import Loop

CAUGHT_BY = ("limits/out-of-descriptors",)


class Broken(Loop):
    def pause(self, _: OSError) -> None:
        self.poller.modify(self.listener, select.EPOLLIN | select.EPOLLET)
        self.poller.poll(0)  # this edge is used up

    def resume(self) -> None:
        pass


Broken().run()
