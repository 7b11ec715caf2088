"""GET of a key without a value gives an empty one."""

from tests.broken._talks import Resp, run

CAUGHT_BY = ("resp/commands",)
SERVICE = "resp"


class Broken(Resp):
    def nothing(self) -> bytes:
        return self.bulk(b"")


run(Broken)
