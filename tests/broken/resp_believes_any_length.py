"""It waits for as much as is announced."""

from tests.broken._talks import Resp, run

CAUGHT_BY = ("resp/huge-declared-length",)
SERVICE = "resp"


class Broken(Resp):
    most_words = longest_word = 1 << 128


run(Broken)
