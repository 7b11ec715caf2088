"""A length that is no number ends it."""

import os
import traceback

from tests.broken._talks import Resp, run

CAUGHT_BY = ("resp/negative-length", "abuse/random-bytes")
SERVICE = "resp"


class Broken(Resp):
    def length(self, text: bytes) -> int:
        try:
            return int(text)
        except ValueError:
            traceback.print_exc()
            os._exit(1)


run(Broken)
