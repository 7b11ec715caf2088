"""`lines`: one reply a line, the line itself with ASCII a-z in upper case, until `QUIT`.

A line ends in LF; a CR before the LF belongs to the ending, and the reply ends as its line did. `QUIT`, in any case,
is answered `BYE` and ends the conversation: what follows it is ignored. A last line that the end of input cut short
is answered like the others, with the LF that it lacks, because a file without a final newline is no reason to lose
its last line.

TCP gives a stream, so a line protocol has to find its own borders and to bound its own lines: without LINE_LIMIT, a
peer that never sends LF decides how much memory the server spends.
"""

from models.ground.conversation import Dialogue

__all__ = ["LINE_LIMIT", "TOO_LONG", "Lines", "service"]

LINE_LIMIT = 64 * 1024  # bytes before the LF, CR included; asyncio's StreamReader.readline stops there too
TOO_LONG = b"ERROR line too long\n"


class Lines(Dialogue):
    """Owe a line for each line received; owe TOO_LONG, and end, as soon as LINE_LIMIT bytes have passed without LF."""

    __slots__ = ("_input", "_searched")

    def __init__(self) -> None:
        super().__init__()
        self._input = bytearray()
        self._searched = (
            0  # how much of it is known to hold no LF: a line that arrives byte by byte is not searched again and again
        )

    def feed(self, data: bytes) -> None:
        self._input += data

    def answer(self) -> bytes | None:
        # Searching no further than the limit makes the verdict the same however the line was cut.
        end = self._input.find(b"\n", self._searched, LINE_LIMIT + 1)
        if end >= 0:
            line = self._take(end + 1)
        elif len(self._input) > LINE_LIMIT:
            self.end()
            return TOO_LONG
        elif self._input_ended and self._input:
            line = self._take(len(self._input)) + b"\n"
        else:
            self._searched = len(self._input)
            return None
        content = line.removesuffix(b"\n").removesuffix(b"\r").upper()
        if content == b"QUIT":
            self.end()
            return b"BYE" + line[len(content) :]
        return line.upper()

    def _take(self, count: int) -> bytes:
        taken = bytes(self._input[:count])
        del self._input[:count]
        self._searched = 0
        return taken


service = Lines
