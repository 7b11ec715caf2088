"""The user's side of an interactive client whose keyboard a loop waits for."""

import argparse
import os
import selectors
import signal
import sys

from models.ground import terminal
from models.ground.dial import address_of, describe
from models.ground.program import program_name
from models.ground.terminal import CHUNK

__all__ = ["CHUNK", "Terminal", "farewell"]


class Terminal(terminal.Terminal):
    """The user's side.

    poller: what a loop is to wait for instead of the keyboard. A loop may make non-blocking what it is given (uvloop does), and
    a terminal is one open file to us, to standard output and to the shell; a poller is our own. And a regular file is always
    ready, but epoll refuses it (EPERM, epoll_ctl(2)): a pipe that has ended takes its place.
    """

    def __init__(self, *, typing: bool) -> None:
        super().__init__(typing=typing)
        self._interrupted = False
        self.poller = selectors.DefaultSelector()
        if self.keyboard is not None:
            try:
                self.poller.register(self.keyboard, selectors.EVENT_READ)
            except PermissionError:
                ended, writer = os.pipe()
                os.close(writer)
                self.poller.register(ended, selectors.EVENT_READ)

    def show(self, data: bytes) -> None:
        if not self._interrupted:
            super().show(data)

    def _write(self, data: bytes) -> None:
        """While the output is full the loop stands still, and hears of no Ctrl-C. So it ends the write, and then the loop is
        told, which ends a turn or two later: until then nothing more is shown."""
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):  # Ctrl-C is ignored
            super()._write(data)
            return
        writing, interrupted = True, False

        def interrupt(*_: object) -> None:
            nonlocal writing, interrupted
            interrupted = self._interrupted = True
            if writing:
                writing = False  # the next one is noted only: nothing is to interrupt the way back
                raise KeyboardInterrupt

        try:
            signal.signal(signal.SIGINT, interrupt)
            super()._write(data)
            writing = False
        except KeyboardInterrupt:
            pass
        finally:
            signal.signal(signal.SIGINT, handler)
        if interrupted:
            signal.raise_signal(signal.SIGINT)


def farewell(terminal: Terminal, options: argparse.Namespace) -> None:
    """Tell a person who was not done yet that the server has ended."""
    if terminal.interactive and terminal.keyboard is not None:
        print(f"{program_name()}: {describe(address_of(options))} has ended the conversation", file=sys.stderr)
