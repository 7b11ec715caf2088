"""INCR reads, adds one and writes, and lets other threads go between."""

import time

from tests.broken._talks import Resp, run

CAUGHT_BY = ("resp/shared-state",)
SERVICE = "resp"


class Broken(Resp):
    def count(self, key: bytes) -> bytes:
        value = self.store.get(key, b"0")
        time.sleep(0)  # the others' turn
        self.store[key] = value
        return super().count(key)


run(Broken)
