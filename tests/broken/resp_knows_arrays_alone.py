"""It knows no commands typed by hand."""

from tests.broken._talks import RefusalError, Resp, run

CAUGHT_BY = ("resp/inline-and-arrays",)
SERVICE = "resp"


class Broken(Resp):
    def read_line(self) -> list[bytes]:
        raise RefusalError(b"expected '*'")


run(Broken)
