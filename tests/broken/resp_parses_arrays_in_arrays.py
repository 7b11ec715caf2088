"""Its parser takes arrays within arrays, one level of its stack for each."""

from tests.broken._talks import Resp, run

CAUGHT_BY = ("resp/deep-nesting",)
SERVICE = "resp"


class Broken(Resp):
    def not_a_word(self, first: bytes) -> bytes:
        return b" ".join(self.read_request()) if first == b"*" else super().not_a_word(first)


run(Broken)
