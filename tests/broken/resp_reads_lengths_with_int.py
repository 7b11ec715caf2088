"""It reads lengths with int()."""

from tests.broken._talks import Resp, run

CAUGHT_BY = ("resp/negative-length",)
SERVICE = "resp"


class Broken(Resp):
    def length(self, text: bytes) -> int:
        try:
            return int(text)
        except ValueError:
            return super().length(text)


run(Broken)
