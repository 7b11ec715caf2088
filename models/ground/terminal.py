"""The user's side of a client: what is typed, what is shown, and the prompt between the two.

A prompt is shown when standard input and output are both terminals, and then only when nothing has come for a moment: so a
reply stands above the next prompt. What comes in the middle of typing begins a line of its own; what was typed so far is
the terminal's (it edits the line, termios(3)), and is neither lost nor sent before Enter.
"""

import os
import sys

__all__ = ["CHUNK", "PROMPT", "Terminal", "TerminalError"]

CHUNK = 64 * 1024
PAUSE = 0.05  # seconds of silence before the prompt: more than a reply from nearby takes, less than is noticed
PROMPT = b">>: "


class TerminalError(Exception):
    """Standard input or output cannot be used; its text is one sentence for the user. No OSError: those are the server's."""


class Terminal:
    """Standard input and output, unbuffered: a poller knows what the kernel holds, not what Python does.

    keyboard: the descriptor to wait for, or None when no more is to come.
    """

    def __init__(self, *, typing: bool) -> None:
        self.keyboard = sys.stdin.fileno() if typing and sys.stdin else None
        self.interactive = self.keyboard is not None and bool(sys.stdout) and sys.stdin.isatty() and sys.stdout.isatty()
        self._prompting = False  # the prompt stands there, and nothing has been typed
        self._amid = False  # the cursor is not at the beginning of a line

    @property
    def patience(self) -> float | None:
        """How long to wait for something to happen before `prompt` is to be called, in seconds; None: for ever."""
        return PAUSE if self.interactive and self.keyboard is not None and not self._prompting else None

    def prompt(self) -> None:
        """Ask for input."""
        line = (b"\n" if self._amid else b"") + PROMPT
        self._prompting = self._amid = True  # before it is shown: Ctrl-C may come at once, and finds the line to end
        self._write(line)

    def read(self) -> bytes:
        """What was typed, a line as a rule; b"" is its end, and then there is no keyboard any more."""
        assert self.keyboard is not None
        try:
            typed = os.read(self.keyboard, CHUNK)
        except OSError as error:
            raise TerminalError(f"cannot read standard input: {error.strerror}") from error
        if typed:
            self._prompting = False
            self._amid = not typed.endswith(b"\n")
        else:
            self.keyboard = None
            self.end_line()
        return typed

    def show(self, data: bytes) -> None:
        """Show what came, at once."""
        if self._prompting:
            self.end_line()
        self._write(data)
        self._amid = not data.endswith(b"\n")

    def end_line(self) -> None:
        """Leave the prompt's line, or one that the server has not ended; only where a prompt may stand."""
        if self.interactive and self._amid:
            self._write(b"\n")
        self._prompting = self._amid = False

    def _write(self, data: bytes) -> None:
        try:
            while data and sys.stdout:  # None when it was closed from the start
                data = data[os.write(sys.stdout.fileno(), data) :]
        except OSError as error:
            raise TerminalError(f"cannot write to standard output: {error.strerror}") from error
