"""It takes whatever stands in an array for a word."""

from tests.broken._talks import Resp, run

CAUGHT_BY = ("resp/wrong-type-byte", "resp/deep-nesting")
SERVICE = "resp"


class Broken(Resp):
    def not_a_word(self, _: bytes) -> bytes:
        return self.until(b"\r\n", self.line_limit, b"too long a line")[1:]


run(Broken)
