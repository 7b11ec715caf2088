"""A NUL byte that comes by itself is taken for a keep-alive and not answered."""

from tests.broken._servers import Threads

CAUGHT_BY = ("integrity/every-byte-value", "segmentation/byte-by-byte", "integrity/two-interleaved")


class Broken(Threads):
    def answer(self, data: bytes) -> bytes:
        return b"" if data == b"\0" else super().answer(data)


Broken().run()
