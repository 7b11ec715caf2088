"""With both Content-Length and Transfer-Encoding it goes by the first."""

from tests.broken._talks import Http, run

CAUGHT_BY = ("http/conflicting-lengths",)
SERVICE = "http"


class Broken(Http):
    def check_coding(self, lengths: list[bytes], codings: list[bytes]) -> None:
        if not lengths:
            super().check_coding(lengths, codings)

    def read_chunks(self) -> bytes:
        lengths = self.headers.get(b"content-length")
        return self.exactly(int(lengths[0])) if lengths else super().read_chunks()


run(Broken)
